// Package orders is the typed client of the order service, which prices carts, keeps orders and knows their history. It speaks
// JSON with names of its own (openapi.yaml); wire.go is the one file that knows them.
package orders

import (
	"time"

	"tiffin/internal/storefront"
)

// Service is the name that this service has in configuration, errors and telemetry.
const Service = "orders"

// Order is what was bought, for how much, and what became of it. The exported name and fields are the schema's type Order.
type Order struct {
	ID       string
	Number   string
	Status   OrderStatus
	PlacedAt time.Time
	// CustomerID is the [identity.Principal.ID] of the owner.
	CustomerID string
	// RestaurantID and PaymentRef are keys into the inventory and the payment service.
	RestaurantID string
	PaymentRef   string
	Lines        []OrderLine
	// Charges add up to Total exactly.
	Charges  []Charge
	Total    storefront.Money
	Timeline []OrderEvent
}

// IsNode marks Order as a storefront.Node.
func (Order) IsNode() {}

// GetID gives the order's id, which begins with ord_.
func (o Order) GetID() string { return o.ID }

// OrderLine is one dish of an order, as it was when it was ordered.
type OrderLine struct {
	ID string
	// ItemID is a key into the inventory service; the dish may be gone from the menu.
	ItemID    string
	Title     string
	Options   []LineOption
	Quantity  int32
	Note      *string
	UnitPrice storefront.Money
	Subtotal  storefront.Money
}

// LineOption is an option that was chosen, as it was when it was ordered.
type LineOption struct {
	ID    string
	Name  string
	Price storefront.Money
}

// Charge is one part of a total; negative for a reduction.
type Charge struct {
	Kind   ChargeKind       `json:"kind"`
	Label  string           `json:"label"`
	Amount storefront.Money `json:"amount"`
}

// OrderEvent is something that happened to an order.
type OrderEvent struct {
	Status OrderStatus
	At     time.Time
}

// OrderConnection is a page of orders, newest first.
type OrderConnection struct {
	Edges    []OrderEdge
	PageInfo storefront.PageInfo
}

// OrderEdge is an order in a page.
type OrderEdge struct {
	Cursor string
	Node   Order
}

// ListQuery asks for a page of the caller's orders.
type ListQuery struct {
	// First is 1 to 100.
	First int
	// After is an EndCursor of a page with the same Status; empty for the first page.
	After string
	// Status narrows the list; empty for all.
	Status OrderStatus
}

// Cart is what the order service prices.
type Cart struct {
	// CustomerID is the [identity.Principal.ID] of who orders.
	CustomerID   string
	RestaurantID string
	Lines        []CartLine
	// DeliveryQuoteID and DeliveryFee are the delivery service's; the order service adds the fee to the total.
	DeliveryQuoteID string
	DeliveryFee     storefront.Money
	// Tip is nil where the customer gives none.
	Tip *storefront.Money
}

// CartLine is one dish of a cart.
type CartLine struct {
	// ID is ours and the same at each repeat: lin_…
	ID       string
	ItemID   string
	Quantity int32
	Options  []CartOption
	Note     string
}

// CartOption is a choice from an option group.
type CartOption struct{ GroupID, OptionID string }

// PricedCart is the order service's word on what a cart costs, and until when.
type PricedCart struct {
	ID        string
	Charges   []Charge
	Total     storefront.Money
	ExpiresAt time.Time
}

// NewOrder is an order to be created under our id.
type NewOrder struct {
	ID         string
	PaymentRef string
	Cart       Cart
	// QuoteID makes the service keep to the quote's price until it expires; empty for today's price.
	QuoteID string
	// ExpectedTotal is what the customer agreed to.
	ExpectedTotal storefront.Money
}

// Unsettled is an order that was created and neither confirmed nor cancelled, or recalled and not cancelled.
type Unsettled struct {
	ID         string
	PaymentRef string
	// CustomerID is the [identity.Principal.ID] of the owner.
	CustomerID string
	Total      storefront.Money
	CreatedAt  time.Time
	// RecallRef is the reference that it was recalled under; empty where it was not.
	RecallRef string
	// Since is when it reached the status that it is in.
	Since time.Time
}
