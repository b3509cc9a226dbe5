package orders

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

// The answers of the service. Missing members leave zero values, which the conversions below refuse.
type (
	wirePage struct {
		Orders     []wireOrder `json:"orders"`
		NextCursor string      `json:"next_cursor"`
	}
	wireOrder struct {
		OrderReference   string       `json:"order_reference"`
		ShortCode        string       `json:"short_code"`
		CurrentStatus    string       `json:"current_status"`
		PlacedAt         time.Time    `json:"placed_at"`
		CustomerRef      string       `json:"customer_ref"`
		RestaurantRef    string       `json:"restaurant_ref"`
		PaymentReference string       `json:"payment_reference"`
		Lines            []wireLine   `json:"lines"`
		Charges          []wireCharge `json:"charges"`
		GrandTotal       wireAmount   `json:"grand_total"`
		History          []wireEvent  `json:"history"`
		RecallRef        string       `json:"recall_ref"`
		Cursor           string       `json:"cursor"`
	}
	wireLine struct {
		LineRef   string       `json:"line_ref"`
		ItemRef   string       `json:"item_ref"`
		Title     string       `json:"title"`
		Qty       int32        `json:"qty"`
		Options   []wireOption `json:"options"`
		Remark    string       `json:"remark"`
		UnitPrice wireAmount   `json:"unit_price"`
		LineTotal wireAmount   `json:"line_total"`
	}
	wireOption struct {
		Option string     `json:"option"`
		Name   string     `json:"name"`
		Price  wireAmount `json:"price"`
	}
	wireCharge struct {
		Code   string     `json:"code"`
		Label  string     `json:"label"`
		Amount wireAmount `json:"amount"`
	}
	wireEvent struct {
		Status string    `json:"status"`
		At     time.Time `json:"at"`
	}
	wireQuote struct {
		QuoteRef   string       `json:"quote_ref"`
		Charges    []wireCharge `json:"charges"`
		GrandTotal wireAmount   `json:"grand_total"`
		ValidUntil time.Time    `json:"valid_until"`
	}
	wireSettled struct {
		OrderReference string `json:"order_reference"`
		CurrentStatus  string `json:"current_status"`
	}
	wireAmount struct {
		Amount   string              `json:"amount"`
		Currency storefront.Currency `json:"currency"`
	}
)

// unusable makes a fault of an answer that does not hold what the contract promises; nil of nil.
func unusable(what string, err error) error {
	if err == nil {
		return nil
	}
	return fault.Unavailable(Service, fmt.Errorf("%s: %w", what, err))
}

// missing reports the first of the members that is empty: pairs of name and value.
func missing(members ...string) error {
	for pair := range slices.Chunk(members, 2) {
		if pair[1] == "" {
			return errors.New(pair[0] + " is missing")
		}
	}
	return nil
}

func (p wirePage) orders() ([]Order, error) {
	found := make([]Order, len(p.Orders))
	for n, wire := range p.Orders {
		var err error
		if found[n], err = wire.order(); err != nil {
			return nil, fmt.Errorf("orders[%d] %q: %w", n, wire.OrderReference, err)
		}
	}
	return found, nil
}

func (p wirePage) unsettled() ([]Unsettled, error) {
	found, err := p.orders()
	page := make([]Unsettled, len(found))
	for n, order := range found {
		page[n] = Unsettled{
			ID: order.ID, PaymentRef: order.PaymentRef, CustomerID: order.CustomerID, Total: order.Total, CreatedAt: order.PlacedAt,
			RecallRef: p.Orders[n].RecallRef, Since: order.Timeline[len(order.Timeline)-1].At,
		}
	}
	return page, err
}

func (o wireOrder) order() (Order, error) {
	err := missing("order_reference", o.OrderReference, "short_code", o.ShortCode, "current_status", o.CurrentStatus,
		"customer_ref", o.CustomerRef, "restaurant_ref", o.RestaurantRef, "payment_reference", o.PaymentReference)
	if err != nil {
		return Order{}, err
	}
	if o.PlacedAt.IsZero() {
		return Order{}, errors.New("placed_at is missing")
	}
	order := Order{
		ID: o.OrderReference, Number: o.ShortCode, Status: statusOf(o.CurrentStatus), PlacedAt: o.PlacedAt.UTC(), CustomerID: o.CustomerRef,
		RestaurantID: o.RestaurantRef, PaymentRef: o.PaymentReference,
	}
	if order.Lines, err = lines(o.Lines); err != nil {
		return Order{}, err
	}
	if order.Charges, order.Total, err = charges(o.Charges, o.GrandTotal); err != nil {
		return Order{}, err
	}
	if order.Timeline, err = timeline(o.History); err != nil {
		return Order{}, err
	}
	return order, checkSubtotal(order.Lines, order.Charges)
}

// is checks that the service wrote what it was given.
func (o wireOrder) is(wanted NewOrder) error {
	order, err := o.order()
	switch {
	case err != nil:
		return err
	case order.ID != wanted.ID || order.CustomerID != wanted.Cart.CustomerID || order.PaymentRef != wanted.PaymentRef:
		return errors.New("it is another order")
	case order.Total != wanted.ExpectedTotal:
		return errors.New("its total is not the expected one")
	}
	return nil
}

func timeline(history []wireEvent) ([]OrderEvent, error) {
	if len(history) == 0 {
		return nil, errors.New("history is empty")
	}
	events := make([]OrderEvent, len(history))
	for n, e := range history {
		if e.Status == "" || e.At.IsZero() {
			return nil, fmt.Errorf("history[%d] lacks status or at", n)
		}
		events[n] = OrderEvent{Status: statusOf(e.Status), At: e.At.UTC()}
	}
	return events, nil
}

func (q wireQuote) pricedCart() (PricedCart, error) {
	if err := missing("quote_ref", q.QuoteRef); err != nil {
		return PricedCart{}, err
	}
	if q.ValidUntil.IsZero() {
		return PricedCart{}, errors.New("valid_until is missing")
	}
	parts, total, err := charges(q.Charges, q.GrandTotal)
	return PricedCart{ID: q.QuoteRef, Charges: parts, Total: total, ExpiresAt: q.ValidUntil.UTC()}, err
}

// is checks that the order reached what was asked for.
func (s wireSettled) is(id string, reached func(OrderStatus) bool) error {
	if s.OrderReference != id {
		return errors.New("it is of another order")
	}
	if s.CurrentStatus == "" || !reached(statusOf(s.CurrentStatus)) {
		return fmt.Errorf("the order is in status %q", s.CurrentStatus)
	}
	return nil
}
