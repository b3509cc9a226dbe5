package checkout

import (
	"io"
	"time"

	"tiffin/backends/orders"
	"tiffin/internal/storefront"
)

// QuoteResult is the schema's union: *Quote or *QuoteRefused.
type QuoteResult interface{ IsQuoteResult() }

// Quote is what a cart costs, and until when.
type Quote struct {
	ID        string           `json:"id"`
	Charges   []orders.Charge  `json:"charges"`
	Total     storefront.Money `json:"total"`
	ExpiresAt time.Time        `json:"expiresAt"`
	ETA       *time.Time       `json:"eta,omitempty"`
}

// QuoteRefused says why a cart cannot be ordered as it is.
type QuoteRefused struct{ Reason PlacementFailure }

// PlacementStatus is the schema's enum.
type PlacementStatus string

// The members of PlacementStatus.
const (
	PlacementPending        PlacementStatus = "PENDING"
	PlacementActionRequired PlacementStatus = "ACTION_REQUIRED"
	PlacementConfirmed      PlacementStatus = "CONFIRMED"
	PlacementCancelled      PlacementStatus = "CANCELLED"
)

// PlacementStatuses lists the members.
func PlacementStatuses() []PlacementStatus {
	return []PlacementStatus{PlacementPending, PlacementActionRequired, PlacementConfirmed, PlacementCancelled}
}

// MarshalGQL writes the member, PENDING for anything else.
func (s PlacementStatus) MarshalGQL(w io.Writer) {
	storefront.WriteEnum(w, s, PlacementPending, PlacementStatuses())
}

// UnmarshalGQL refuses what is no member.
func (s *PlacementStatus) UnmarshalGQL(v any) error {
	return storefront.ReadEnum(s, v, PlacementStatuses())
}

// Placement is the schema's interface of all that can become of a placeOrder.
type Placement interface{ IsPlacement() }

// PlaceOrderResult is the schema's union of all that can become of a placeOrder: *OrderConfirmed, *OrderPending,
// *OrderActionRequired or *OrderCancelled.
type PlaceOrderResult interface {
	IsPlaceOrderResult()
	WasReplayed() bool
}

// OrderConfirmed says that the order stands and was charged once.
type OrderConfirmed struct {
	OrderID  string
	Replayed bool
	Total    storefront.Money
}

// Status is CONFIRMED.
func (OrderConfirmed) Status() PlacementStatus { return PlacementConfirmed }

// OrderPending says that the order is on its way but not settled.
type OrderPending struct {
	OrderID      string
	Replayed     bool
	RetryAfterMs int32
}

// Status is PENDING.
func (OrderPending) Status() PlacementStatus { return PlacementPending }

// OrderActionRequired says that the bank wants the customer to act.
type OrderActionRequired struct {
	OrderID   string
	Replayed  bool
	Action    PaymentAction
	ExpiresAt time.Time
}

// Status is ACTION_REQUIRED.
func (OrderActionRequired) Status() PlacementStatus { return PlacementActionRequired }

// PaymentAction is something the customer must do for the bank.
type PaymentAction struct {
	Kind PaymentActionKind
	URL  string
}

// PaymentActionKind is the schema's enum.
type PaymentActionKind string

// ActionRedirect is its only member so far: open the URL in a browser and come back.
const ActionRedirect PaymentActionKind = "REDIRECT"

// MarshalGQL writes the member.
func (k PaymentActionKind) MarshalGQL(w io.Writer) {
	storefront.WriteEnum(w, k, ActionRedirect, []PaymentActionKind{ActionRedirect})
}

// UnmarshalGQL refuses what is no member.
func (k *PaymentActionKind) UnmarshalGQL(v any) error {
	return storefront.ReadEnum(k, v, []PaymentActionKind{ActionRedirect})
}

// OrderCancelled says that there is no order, and nothing was charged.
type OrderCancelled struct {
	OrderID  string
	Replayed bool
	Charged  bool
	Reason   PlacementFailure
}

// Status is CANCELLED.
func (OrderCancelled) Status() PlacementStatus { return PlacementCancelled }
