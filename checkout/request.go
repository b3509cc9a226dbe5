package checkout

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/identity"
	"tiffin/internal/storefront"
)

// request is all that it takes to run an order, whoever runs it: the checked input, who asked, and what the reads before the first
// row found (ADR 0002). It is written once, with the row, and every body sent to a service is made from it alone: so a body is the
// same, byte for byte, at each repeat and on each gateway. Its JSON is what the journal keeps; see rowVersion.
type request struct {
	Customer customer         `json:"customer"`
	Cart     cart             `json:"cart"`
	Found    found            `json:"found"`
	Total    storefront.Money `json:"total"`
	QuoteID  string           `json:"quoteId,omitempty"`
	Method   string           `json:"method"`
	Token    string           `json:"token"`
	// Cancels is set where the row is of kindCancel, which needs nothing else but Customer and Total.
	Cancels *cancels `json:"cancels,omitempty"`
}

// cancels is the order to be called off.
type cancels struct {
	OrderID    string `json:"orderId"`
	PaymentRef string `json:"paymentRef"`
}

// customer is who ordered, so that a gateway which takes the order over asks the services in the same name.
type customer struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
	Tenant  string `json:"tenant,omitempty"`
	Locale  string `json:"locale,omitempty"`
}

// cart is a checked cart, its equal lines merged.
type cart struct {
	RestaurantID   string                  `json:"restaurantId"`
	Lines          []line                  `json:"lines"`
	Address        string                  `json:"address"`
	Pin            *storefront.Coordinates `json:"pin,omitempty"`
	RecipientName  string                  `json:"recipientName"`
	RecipientPhone string                  `json:"recipientPhone,omitempty"`
	Instructions   *string                 `json:"instructions,omitempty"`
	RequestedFor   *time.Time              `json:"requestedFor,omitempty"`
	Tip            *storefront.Money       `json:"tip,omitempty"`
}

type line struct {
	ItemID   string              `json:"itemId"`
	Quantity int32               `json:"quantity"`
	Options  []OptionChoiceInput `json:"options,omitempty"`
	Note     string              `json:"note,omitempty"`
}

// found is what the reads found out.
type found struct {
	Place           storefront.Coordinates `json:"place"`
	DeliveryQuoteID string                 `json:"deliveryQuoteId"`
	DeliveryFee     storefront.Money       `json:"deliveryFee"`
	ETA             time.Time              `json:"eta"`
}

// newRequest takes a checked input over. The reads are still to be done.
func newRequest(ctx context.Context, who *identity.Principal, in PlaceOrderInput) request {
	total, _ := in.ExpectedTotal.Money() // checkOrder has read it
	method, token := methodOf(in.Payment)
	return request{
		Customer: newCustomer(ctx, who),
		Cart:     newCart(in.Cart), Total: total, QuoteID: text(in.QuoteID), Method: method, Token: token,
	}
}

func newCustomer(ctx context.Context, who *identity.Principal) customer {
	return customer{Issuer: who.Issuer, Subject: who.Subject, Tenant: who.Tenant, Locale: identity.Locale(ctx)}
}

func newCart(in CartInput) cart {
	to := in.Fulfilment.Delivery
	c := cart{
		RestaurantID: in.RestaurantID, Address: strings.TrimSpace(to.Address), Pin: to.Pin,
		RecipientName: to.RecipientName, RecipientPhone: text(to.RecipientPhone), Instructions: to.Instructions, RequestedFor: to.RequestedFor,
	}
	for _, m := range mergeLines(in.Lines) {
		c.Lines = append(c.Lines, line{m.line.ItemID, int32(m.quantity), m.line.Options, text(m.line.Note)}) //nolint:gosec // G115: checked, at most 99
	}
	if in.Tip != nil {
		tip, _ := in.Tip.Money() // checkCart has read it
		c.Tip = &tip
	}
	return c
}

// methodOf gives the payment service's words for a checked payment method.
func methodOf(in PaymentMethodInput) (method, token string) {
	switch {
	case in.Card != nil:
		return "card", in.Card.Token
	case in.Wallet.Provider == WalletApplePay:
		return "apple_pay", in.Wallet.Token
	default:
		return "google_pay", in.Wallet.Token
	}
}

func (r request) encode() ([]byte, error) { return json.Marshal(r) }

func decodeRequest(stored []byte) (request, error) {
	var r request
	err := json.Unmarshal(stored, &r)
	return r, err
}

// as returns a context in which the customer asks, for an order that is taken up without one of theirs.
func (c customer) as(ctx context.Context) context.Context {
	ctx = identity.WithPrincipal(ctx, &identity.Principal{Issuer: c.Issuer, Subject: c.Subject, Tenant: c.Tenant})
	return identity.WithLocale(ctx, c.Locale)
}

func (c customer) id() string {
	return (&identity.Principal{Issuer: c.Issuer, Subject: c.Subject}).ID()
}

func (c cart) itemIDs() []string {
	ids := make([]string, 0, len(c.Lines))
	for _, l := range c.Lines {
		ids = append(ids, l.ItemID)
	}
	return ids
}

// forOrders is the cart as the order service prices it.
func (c cart) forOrders(customerID string, found found, lineID func(n int) string) orders.Cart {
	lines := make([]orders.CartLine, 0, len(c.Lines))
	for n, l := range c.Lines {
		options := make([]orders.CartOption, 0, len(l.Options))
		for _, o := range l.Options {
			options = append(options, orders.CartOption(o))
		}
		lines = append(lines, orders.CartLine{ID: lineID(n + 1), ItemID: l.ItemID, Quantity: l.Quantity, Options: options, Note: l.Note})
	}
	return orders.Cart{
		CustomerID: customerID, RestaurantID: c.RestaurantID, Lines: lines,
		DeliveryQuoteID: found.DeliveryQuoteID, DeliveryFee: found.DeliveryFee, Tip: c.Tip,
	}
}

func (r request) newOrder(id sagaID) orders.NewOrder {
	return orders.NewOrder{
		ID: id.order(), PaymentRef: id.payment(), Cart: r.Cart.forOrders(r.Customer.id(), r.Found, id.line),
		QuoteID: r.QuoteID, ExpectedTotal: r.Total,
	}
}

func (r request) reservation(id sagaID) inventory.Reservation {
	lines := make([]inventory.ReservationLine, 0, len(r.Cart.Lines))
	for n, l := range r.Cart.Lines {
		lines = append(lines, inventory.ReservationLine{ID: id.line(n + 1), ItemID: l.ItemID, Quantity: l.Quantity})
	}
	return inventory.Reservation{OrderID: id.order(), RestaurantID: r.Cart.RestaurantID, Lines: lines}
}

func (r request) authorization(id sagaID) payments.Authorization {
	return payments.Authorization{Ref: id.payment(), Amount: r.Total, Method: r.Method, Token: r.Token}
}

func (r request) assignment(id sagaID) delivery.Assignment {
	return delivery.Assignment{
		OrderID: id.order(), RestaurantID: r.Cart.RestaurantID, QuoteID: r.Found.DeliveryQuoteID, RequestedFor: r.Cart.RequestedFor,
		Dropoff: delivery.Dropoff{
			Address: r.Cart.Address, Coordinates: r.Found.Place, RecipientName: r.Cart.RecipientName,
			RecipientPhone: r.Cart.RecipientPhone, Instructions: r.Cart.Instructions,
		},
	}
}
