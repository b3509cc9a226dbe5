package orders

import (
	"time"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/storefront"
)

// The answers of the contract.
type (
	wirePage struct {
		Orders     []wireOrder `json:"orders"`
		NextCursor string      `json:"next_cursor,omitzero"`
	}
	wireOrder struct {
		OrderReference   string       `json:"order_reference"`
		ShortCode        string       `json:"short_code"`
		CurrentStatus    string       `json:"current_status"`
		PlacedAt         time.Time    `json:"placed_at"`
		ETA              time.Time    `json:"eta,omitzero"`
		CustomerRef      string       `json:"customer_ref"`
		RestaurantRef    string       `json:"restaurant_ref"`
		PaymentReference string       `json:"payment_reference"`
		Lines            []wireLine   `json:"lines"`
		Charges          []wireCharge `json:"charges"`
		GrandTotal       amount       `json:"grand_total"`
		History          []wireEvent  `json:"history"`
		RecallRef        string       `json:"recall_ref,omitzero"`
		Cursor           string       `json:"cursor,omitzero"`
	}
	wireLine struct {
		LineRef   string       `json:"line_ref"`
		ItemRef   string       `json:"item_ref"`
		Title     string       `json:"title"`
		Qty       int          `json:"qty"`
		Options   []wireOption `json:"options"`
		Remark    string       `json:"remark,omitzero"`
		UnitPrice amount       `json:"unit_price"`
		LineTotal amount       `json:"line_total"`
	}
	wireOption struct {
		Group  string `json:"group"`
		Option string `json:"option"`
		Name   string `json:"name"`
		Price  amount `json:"price"`
	}
	wireCharge struct {
		Code   string `json:"code"`
		Label  string `json:"label"`
		Amount amount `json:"amount"`
	}
	wireEvent struct {
		Status string    `json:"status"`
		At     time.Time `json:"at"`
	}
	wireQuote struct {
		QuoteRef   string       `json:"quote_ref"`
		Charges    []wireCharge `json:"charges"`
		GrandTotal amount       `json:"grand_total"`
		ValidUntil time.Time    `json:"valid_until"`
	}
	wireSettled struct {
		OrderReference string `json:"order_reference"`
		CurrentStatus  string `json:"current_status"`
	}
)

func wireOrders(orders []*order, more bool, lang language) wirePage {
	page := wirePage{}
	for _, o := range orders {
		page.Orders = append(page.Orders, o.wire(lang, placeOf(o).cursor()))
	}
	if more {
		page.NextCursor = page.Orders[len(orders)-1].Cursor
	}
	return page
}

// wire is the order in the reader's language, with its cursor where it stands in a list.
func (o *order) wire(lang language, cursor string) wireOrder {
	out := wireOrder{
		OrderReference: o.ref, ShortCode: o.number, CurrentStatus: o.status(), PlacedAt: o.placedAt, CustomerRef: o.customer,
		RestaurantRef: o.restaurant, PaymentReference: o.paymentRef, Charges: wireCharges(o.price.charges, lang),
		GrandTotal: cents(o.price.total), RecallRef: o.recallRef, Cursor: cursor,
	}
	if !o.was(cancelled) {
		out.ETA = o.eta
	}
	for _, l := range o.price.lines {
		out.Lines = append(out.Lines, l.wire())
	}
	for _, e := range o.history {
		out.History = append(out.History, wireEvent{e.status, e.at})
	}
	return out
}

func (o *order) settled() wireSettled { return wireSettled{o.ref, o.status()} }

func (l orderLine) wire() wireLine {
	out := wireLine{
		LineRef: l.ref, ItemRef: l.item, Title: l.title, Qty: l.quantity, Remark: l.remark,
		UnitPrice: cents(l.unit), LineTotal: cents(l.total()),
	}
	for _, o := range l.options {
		out.Options = append(out.Options, wireOption{o.group, o.option, o.name, cents(o.minor)})
	}
	return out
}

func (q *quote) wire(lang language) wireQuote {
	return wireQuote{q.ref, wireCharges(q.price.charges, lang), cents(q.price.total), q.validUntil}
}

func wireCharges(charges []charge, lang language) []wireCharge {
	out := make([]wireCharge, len(charges))
	for n, c := range charges {
		out[n] = wireCharge{c.code, lang.label(c), cents(c.minor)}
	}
	return out
}

func cents(minor int64) amount {
	return amount{storefront.Money{Minor: minor, Currency: catalogue.Currency}.Amount(), catalogue.Currency}
}
