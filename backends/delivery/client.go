package delivery

import (
	"context"
	"errors"
	"net/http"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

// Client is the typed client of the delivery service; safe for concurrent use.
type Client struct{ transport http.RoundTripper }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://delivery.
func New(transport http.RoundTripper) *Client { return &Client{transport} }

var errStub = errors.New("stub")

// OutsideAreaError is the refusal of a place that the restaurant's meals do not reach.
type OutsideAreaError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *OutsideAreaError) Unwrap() error { return e.Refused }

// NoDriverError is the refusal of an assignment for want of a driver.
type NoDriverError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *NoDriverError) Unwrap() error { return e.Refused }

// Quote asks for fee and time; nothing is booked. Refusal: [*OutsideAreaError]; a bare [fault.Refused] for an unknown restaurant.
func (c *Client) Quote(ctx context.Context, request QuoteRequest) (FeeQuote, error) {
	return FeeQuote{}, errStub
}

// Assign books a driver for an order; repeating it with the same key is safe. The answer's Status is ASSIGNED, or SEARCHING while
// the service still looks: ask [Client.ByOrders] then. Refusals: [*NoDriverError], [*OutsideAreaError], and a bare [fault.Refused]
// where the delivery was cancelled before.
func (c *Client) Assign(ctx context.Context, key string, assignment Assignment) (Delivery, error) {
	return Delivery{}, errStub
}

// Cancel calls an order's delivery off, whether or not there is one: an Assign that comes later is refused.
func (c *Client) Cancel(ctx context.Context, key, orderID string) error { return errStub }

// ByOrders reads deliveries by order id; orders without one are left out.
func (c *Client) ByOrders(ctx context.Context, orderIDs []string) (map[string]*Delivery, error) {
	return nil, errStub
}

// Positions reads where the drivers of orders are, by order id; orders without a driver on the way are left out.
func (c *Client) Positions(ctx context.Context, orderIDs []string) (map[string]*storefront.Coordinates, error) {
	return nil, errStub
}
