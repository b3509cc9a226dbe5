package orders

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Client is the typed client of the order service; safe for concurrent use.
type Client struct{ transport http.RoundTripper }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://orders.
func New(transport http.RoundTripper) *Client { return &Client{transport} }

var errStub = errors.New("stub")

// Price asks what cart costs. It reserves and charges nothing. Refusals: [*ItemsUnavailableError], [*RestaurantClosedError].
func (c *Client) Price(ctx context.Context, cart Cart) (PricedCart, error) {
	return PricedCart{}, errStub
}

// Create writes the order under its id; repeating it with the same key and order is safe. Refusals: [*PriceChangedError],
// [*ItemsUnavailableError], [*RestaurantClosedError], and a bare [fault.Refused] where the order was cancelled before.
func (c *Client) Create(ctx context.Context, key string, order NewOrder) error { return errStub }

// Confirm settles a created order. A bare [fault.Refused] where it is unknown or cancelled.
func (c *Client) Confirm(ctx context.Context, key, id string) error { return errStub }

// Cancel cancels the order by its id, whether or not it exists: a Create that comes later is refused.
func (c *Client) Cancel(ctx context.Context, key, id, reason string) error { return errStub }

// ByIDs reads the orders that the caller of ctx may see: their own, or all with scope orders:read:any. Others are left out, as if
// they did not exist.
func (c *Client) ByIDs(ctx context.Context, ids []string) (map[string]*Order, error) {
	return nil, errStub
}

// List reads a page of the caller's orders; everybody's with scope orders:read:any.
func (c *Client) List(ctx context.Context, query ListQuery) (*OrderConnection, error) {
	return nil, errStub
}

// Unsettled reads orders created before the given time and neither confirmed nor cancelled, oldest first; next is the cursor of
// the following page, empty on the last.
func (c *Client) Unsettled(ctx context.Context, before time.Time, after string) (page []Unsettled, next string, err error) {
	return nil, "", errStub
}
