package checkout

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"tiffin/checkout/journal"
	"tiffin/internal/storefront"
)

// CancelOrderInput is the schema's input: an order to be called off.
type CancelOrderInput struct {
	IdempotencyKey string `json:"idempotencyKey"`
	OrderID        string `json:"orderId"`
}

// CancellationStatus is the schema's enum.
type CancellationStatus string

// The members of CancellationStatus.
const (
	CancellationStatusPending   CancellationStatus = "PENDING"
	CancellationStatusConfirmed CancellationStatus = "CONFIRMED"
	CancellationStatusRefused   CancellationStatus = "REFUSED"
)

// CancellationStatuses lists the members.
func CancellationStatuses() []CancellationStatus {
	return []CancellationStatus{CancellationStatusPending, CancellationStatusConfirmed, CancellationStatusRefused}
}

// MarshalGQL writes the member, PENDING for anything else.
func (s CancellationStatus) MarshalGQL(w io.Writer) {
	storefront.WriteEnum(w, s, CancellationStatusPending, CancellationStatuses())
}

// UnmarshalGQL refuses what is no member.
func (s *CancellationStatus) UnmarshalGQL(v any) error {
	return storefront.ReadEnum(s, v, CancellationStatuses())
}

// Cancellation is the schema's interface of all that can become of a cancelOrder.
type Cancellation interface{ IsCancellation() }

// CancelOrderResult is the schema's union of all that can become of a cancelOrder: *CancellationConfirmed, *CancellationPending or
// *CancellationRefused.
type CancelOrderResult interface {
	IsCancelOrderResult()
	WasReplayed() bool
}

// CancellationConfirmed says that the order is cancelled, and what was charged was given back.
type CancellationConfirmed struct {
	OrderID  string
	Replayed bool
	Refunded storefront.Money
}

// Status is CONFIRMED.
func (CancellationConfirmed) Status() CancellationStatus { return CancellationStatusConfirmed }

// IsCancellation marks an implementation of Cancellation.
func (CancellationConfirmed) IsCancellation() {}

// IsCancelOrderResult marks a member of CancelOrderResult.
func (CancellationConfirmed) IsCancelOrderResult() {}

// WasReplayed reports whether the answer repeats an earlier one.
func (c CancellationConfirmed) WasReplayed() bool { return c.Replayed }

// CancellationPending says that the cancellation is on its way but not settled.
type CancellationPending struct {
	OrderID      string
	Replayed     bool
	RetryAfterMs int32
}

// Status is PENDING.
func (CancellationPending) Status() CancellationStatus { return CancellationStatusPending }

// IsCancellation marks an implementation of Cancellation.
func (CancellationPending) IsCancellation() {}

// IsCancelOrderResult marks a member of CancelOrderResult.
func (CancellationPending) IsCancelOrderResult() {}

// WasReplayed reports whether the answer repeats an earlier one.
func (c CancellationPending) WasReplayed() bool { return c.Replayed }

// CancellationRefused says that the order stays as it is.
type CancellationRefused struct {
	OrderID  string
	Replayed bool
	Reason   CancellationFailure
}

// Status is REFUSED.
func (CancellationRefused) Status() CancellationStatus { return CancellationStatusRefused }

// IsCancellation marks an implementation of Cancellation.
func (CancellationRefused) IsCancellation() {}

// IsCancelOrderResult marks a member of CancelOrderResult.
func (CancellationRefused) IsCancelOrderResult() {}

// WasReplayed reports whether the answer repeats an earlier one.
func (c CancellationRefused) WasReplayed() bool { return c.Replayed }

// CancellationFailure is the schema's interface: why an order is not cancelled.
type CancellationFailure interface{ IsCancellationFailure() }

// CancelFailure holds what every CancellationFailure says.
type CancelFailure struct {
	// Message is for the customer, in plain words.
	Message string `json:"message"`
	// Retryable says whether the same request can succeed later.
	Retryable bool `json:"retryable"`
}

// IsCancellationFailure marks what embeds CancelFailure as a CancellationFailure.
func (CancelFailure) IsCancellationFailure() {}

// TooLateToCancel says that the kitchen has started.
type TooLateToCancel struct{ CancelFailure }

// AlreadyCancelled says that the order is cancelled, or is being cancelled by another request.
type AlreadyCancelled struct{ CancelFailure }

// OrderNotFound says that the caller has no such order.
type OrderNotFound struct{ CancelFailure }

// StillBeingPlaced says that the order is not confirmed yet.
type StillBeingPlaced struct{ CancelFailure }

func tooLate() CancellationFailure {
	return &TooLateToCancel{CancelFailure{"The kitchen has started on the order, so it cannot be cancelled any more.", false}}
}

func alreadyCancelled() CancellationFailure {
	return &AlreadyCancelled{CancelFailure{"The order is cancelled already.", false}}
}

func orderNotFound() CancellationFailure {
	return &OrderNotFound{CancelFailure{"There is no such order.", false}}
}

func stillBeingPlaced() CancellationFailure {
	return &StillBeingPlaced{CancelFailure{"The order is still being placed. Ask again when that is settled.", true}}
}

// cancelRefusal is a CancellationFailure with its type's name beside it, so that it can be read back.
type cancelRefusal struct{ CancellationFailure }

// cancelFailures are all members of the schema's interface; a test holds the list against the schema.
func cancelFailures() []CancellationFailure {
	return []CancellationFailure{&TooLateToCancel{}, &AlreadyCancelled{}, &OrderNotFound{}, &StillBeingPlaced{}}
}

// name is the failure's type in the schema.
func (r cancelRefusal) name() string { return reflect.TypeOf(r.CancellationFailure).Elem().Name() }

// MarshalJSON writes the failure with its type.
func (r cancelRefusal) MarshalJSON() ([]byte, error) {
	value, err := json.Marshal(r.CancellationFailure)
	if err != nil {
		return nil, err
	}
	return json.Marshal(taggedReason{r.name(), value})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *cancelRefusal) UnmarshalJSON(text []byte) error {
	var tagged taggedReason
	if err := json.Unmarshal(text, &tagged); err != nil {
		return err
	}
	for _, failure := range cancelFailures() {
		r.CancellationFailure = failure
		if r.name() == tagged.Type {
			return json.Unmarshal(tagged.Value, failure)
		}
	}
	return fmt.Errorf("no refusal of type %q is known: was it written by another version?", tagged.Type)
}

// cancelAnswer is what the client hears of a closed row.
func cancelAnswer(orderID string, row journal.Row, replayed bool) (CancelOrderResult, error) {
	var r result
	err := json.Unmarshal(row.Result, &r)
	switch {
	case err == nil && r.Refunded != nil && State(row.State) == Cancelled:
		return &CancellationConfirmed{orderID, replayed, *r.Refunded}, nil
	case err == nil && r.Refusal != nil && State(row.State) == Refused:
		return &CancellationRefused{orderID, replayed, r.Refusal.CancellationFailure}, nil
	}
	return nil, fmt.Errorf("checkout: the result of cancelling order %s cannot be read (state %s): %w", orderID, row.State, err)
}
