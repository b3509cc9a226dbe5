package checkout

import (
	"encoding/json"
	"fmt"
	"reflect"

	"tiffin/checkout/journal"
	"tiffin/internal/storefront"
)

// data is what an order has learnt on its way; a row's Data. See rowVersion.
type data struct {
	AuthorizationID string  `json:"authorizationId,omitempty"`
	Action          *action `json:"action,omitempty"`
	DriverID        string  `json:"driverId,omitempty"`
	// Reason is why the order is undone.
	Reason *reason `json:"reason,omitempty"`

	// Of a row that calls an order off: which order, what was captured, how much of that is to be given back, and why it is not called off.
	OrderID  string            `json:"orderId,omitempty"`
	Captured *storefront.Money `json:"captured,omitempty"`
	Owed     *storefront.Money `json:"owed,omitempty"`
	Refusal  *cancelRefusal    `json:"refusal,omitempty"`

	// Sent counts, by step, the keys that came to nothing; see saga.key.
	Sent map[string]int `json:"sent,omitempty"`
	// Resolutions are what operators said of steps in doubt.
	Resolutions []Resolution `json:"resolutions,omitempty"`
	// Unsure are the services of whose calls one may still be on its way.
	Unsure []string `json:"unsure,omitempty"`
}

func (d data) encode() ([]byte, error) { return json.Marshal(d) }

func decodeData(stored []byte) (data, error) {
	var d data
	err := json.Unmarshal(stored, &d)
	return d, err
}

// settled is what stays when the order is settled: what an operator needs to find it in the services. The reason is in the result.
func (d data) settled() data {
	return data{AuthorizationID: d.AuthorizationID, DriverID: d.DriverID, OrderID: d.OrderID, Resolutions: d.Resolutions}
}

// result is how an order ended; a row's Result. It holds nothing that another service can change later.
type result struct {
	// Total is what was charged; nil where the order was cancelled.
	Total  *storefront.Money `json:"total,omitempty"`
	Reason *reason           `json:"reason,omitempty"`
	// Refunded is what was given back for an order that was called off; Refusal why it was not.
	Refunded *storefront.Money `json:"refunded,omitempty"`
	Refusal  *cancelRefusal    `json:"refusal,omitempty"`
}

func (r result) encode() ([]byte, error) { return json.Marshal(r) }

func decodeResult(stored []byte) (result, error) {
	var r result
	err := json.Unmarshal(stored, &r)
	return r, err
}

// answer is what the client hears of a row that is closed or parked.
func answer(row journal.Row, replayed bool) (PlaceOrderResult, error) {
	orderID := sagaID(row.SagaID).order()
	if row.Parked() {
		d, err := decodeData(row.Data)
		if err != nil || d.Action == nil {
			return nil, fmt.Errorf("checkout: the data of parked order %s cannot be read: %w", orderID, err)
		}
		return &OrderActionRequired{orderID, replayed, PaymentAction{ActionRedirect, d.Action.URL}, d.Action.ExpiresAt}, nil
	}
	r, err := decodeResult(row.Result)
	switch {
	case err == nil && r.Total != nil && State(row.State) == Confirmed:
		return &OrderConfirmed{orderID, replayed, *r.Total}, nil
	case err == nil && r.Reason != nil && State(row.State) == Cancelled:
		return &OrderCancelled{OrderID: orderID, Replayed: replayed, Reason: r.Reason.PlacementFailure}, nil
	}
	return nil, fmt.Errorf("checkout: the result of order %s cannot be read (state %s): %w", orderID, row.State, err)
}

// reason is a PlacementFailure with its type's name beside it, so that it can be read back.
type reason struct{ PlacementFailure }

type taggedReason struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

// failureTypes are all members of the schema's interface; a test holds the list against the schema.
func failureTypes() []PlacementFailure {
	return []PlacementFailure{
		&OutOfStock{}, &ItemsUnavailable{}, &PriceChanged{}, &PaymentDeclined{}, &AddressNotFound{}, &OutsideDeliveryArea{}, &NoDriver{},
		&RestaurantClosed{}, &ActionExpired{}, &TimedOut{},
	}
}

// name is the failure's type in the schema.
func (r reason) name() string { return reflect.TypeOf(r.PlacementFailure).Elem().Name() }

// MarshalJSON writes the failure with its type.
func (r reason) MarshalJSON() ([]byte, error) {
	value, err := json.Marshal(r.PlacementFailure)
	if err != nil {
		return nil, err
	}
	return json.Marshal(taggedReason{r.name(), value})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *reason) UnmarshalJSON(text []byte) error {
	var tagged taggedReason
	if err := json.Unmarshal(text, &tagged); err != nil {
		return err
	}
	for _, failure := range failureTypes() {
		r.PlacementFailure = failure
		if r.name() == tagged.Type {
			return json.Unmarshal(tagged.Value, failure)
		}
	}
	return fmt.Errorf("no reason of type %q is known: was it written by another version?", tagged.Type)
}
