package orders

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tiffin/backends/rest"
	"tiffin/fault"
)

// Client is the typed client of the order service; safe for concurrent use. Its errors are faults of the service, see [rest], but
// where a method says otherwise: an answer that does not hold what the contract promises is [fault.Unavailable], never zero data.
type Client struct{ rest *rest.Client }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://orders.
func New(transport http.RoundTripper) *Client {
	return &Client{rest.New(rest.Config{Service: Service}, transport)}
}

// Price asks what cart costs. It reserves and charges nothing. Refusals: [*ItemsUnavailableError], [*RestaurantClosedError], and a bare
// [fault.Refused] where the restaurant does not sell in the cart's currency.
func (c *Client) Price(ctx context.Context, cart Cart) (PricedCart, error) {
	var answer wireQuote
	if err := c.rest.Send(ctx, http.MethodPost, "/quotes", "", toWireCart(cart), &answer); err != nil {
		return PricedCart{}, typed(err)
	}
	priced, err := answer.pricedCart()
	return priced, unusable("quote", err)
}

// Create writes the order under its id; repeating it with the same key and order is safe. Refusals: [*PriceChangedError],
// [*ItemsUnavailableError], [*RestaurantClosedError], and a bare [fault.Refused] where the order was cancelled before, exists with
// another content, or has the wrong currency.
func (c *Client) Create(ctx context.Context, key string, order NewOrder) error {
	var answer wireOrder
	if err := c.rest.Send(ctx, http.MethodPut, rest.Path("orders", order.ID), key, toWireNewOrder(order), &answer); err != nil {
		return typed(err)
	}
	return unusable("created order", answer.is(order))
}

// Confirm settles a created order; one that was confirmed already stays as it is, also where it was called off since. A bare
// [fault.Refused] where it is unknown, or was cancelled before it was confirmed.
func (c *Client) Confirm(ctx context.Context, key, id string) error {
	return c.settle(ctx, key, id, "confirm", nil, func(s OrderStatus) bool { return s != OrderStatusPending })
}

// Recall takes a confirmed order out of the kitchen's hands, under a reference of ours by which a repeat is known. Refusals:
// [*KitchenStartedError], [*RecalledError], and a bare [fault.Refused] where the order is unknown or not confirmed yet.
func (c *Client) Recall(ctx context.Context, key, id, ref string) error {
	err := c.settle(ctx, key, id, "recall", wireRecall{ref}, func(s OrderStatus) bool { return s == OrderStatusCancelling || s == OrderStatusCancelled })
	if refused, ok := fault.AsRefused(err); ok && refused.Reason == "order_cancelled" {
		return &RecalledError{refused}
	}
	return err
}

// Cancel cancels the order by its id, whether or not it exists: a Create that comes later is refused. The reason, 1 to 200 characters,
// is for people at the service. A bare [fault.Refused] where the meal has left the kitchen.
func (c *Client) Cancel(ctx context.Context, key, id, reason string) error {
	return c.settle(ctx, key, id, "cancel", wireCancel{reason}, func(s OrderStatus) bool { return s == OrderStatusCancelled })
}

// settle makes a transition and wants the order to be in a status that reached says yes to.
func (c *Client) settle(ctx context.Context, key, id, transition string, body any, reached func(OrderStatus) bool) error {
	var answer wireSettled
	if err := c.rest.Send(ctx, http.MethodPost, rest.Path("orders", id, transition), key, body, &answer); err != nil {
		return typed(err)
	}
	return unusable("answer to "+transition, answer.is(id, reached))
}

// Find reads an order by its id, and whether there is one, for the gateway's own work: nobody's leave is asked.
func (c *Client) Find(ctx context.Context, id string) (order Order, found bool, err error) {
	var answer wireOrder
	err = c.rest.Get(ctx, rest.Path("orders", id), nil, &answer)
	if fault.Is(err, fault.NotFound) {
		return Order{}, false, nil
	}
	if err != nil {
		return Order{}, false, typed(err)
	}
	if order, err = answer.order(); err == nil && order.ID != id {
		err = errors.New("it is another order")
	}
	return order, err == nil, unusable("order", err)
}

// Unsettled reads orders created before the given time and neither confirmed nor cancelled, or recalled and not cancelled; oldest first; next is the cursor of
// the following page, empty on the last. Nobody's leave is asked: it is for the gateway's own work.
func (c *Client) Unsettled(ctx context.Context, before time.Time, after string) (page []Unsettled, next string, err error) {
	query := url.Values{"unsettled_before": {before.UTC().Format(time.RFC3339Nano)}, "limit": {strconv.Itoa(maxPage)}}
	if after != "" {
		query.Set("cursor", after)
	}
	var answer wirePage
	if err := c.rest.Get(ctx, "/orders", query, &answer); err != nil {
		return nil, "", typed(err)
	}
	page, err = answer.unsettled()
	return page, answer.NextCursor, unusable("unsettled orders", err)
}
