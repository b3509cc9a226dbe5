package inventory

import (
	"context"
	"errors"
	"net/http"

	"tiffin/fault"
)

// Client is the typed client of the inventory service; safe for concurrent use.
type Client struct{ transport http.RoundTripper }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://inventory.
func New(transport http.RoundTripper) *Client { return &Client{transport} }

var errStub = errors.New("stub")

// OutOfStockError is the refusal of a reservation.
type OutOfStockError struct {
	*fault.Refused
	Shortages []Shortage
}

// Unwrap gives the refusal.
func (e *OutOfStockError) Unwrap() error { return e.Refused }

// Restaurants reads a page of restaurants.
func (c *Client) Restaurants(ctx context.Context, query RestaurantQuery) (*RestaurantConnection, error) {
	return nil, errStub
}

// RestaurantsByIDs reads restaurants; unknown ids are left out.
func (c *Client) RestaurantsByIDs(ctx context.Context, ids []string) (map[string]*Restaurant, error) {
	return nil, errStub
}

// MenusByRestaurants reads whole menus by restaurant id; unknown ids are left out.
func (c *Client) MenusByRestaurants(ctx context.Context, ids []string) (map[string]*Menu, error) {
	return nil, errStub
}

// ItemsByIDs reads dishes; unknown ids are left out.
func (c *Client) ItemsByIDs(ctx context.Context, ids []string) (map[string]*MenuItem, error) {
	return nil, errStub
}

// StockByItems reads how many of each dish can be ordered now; unknown ids are left out.
func (c *Client) StockByItems(ctx context.Context, ids []string) (map[string]*int32, error) {
	return nil, errStub
}

// Reserve takes stock for an order, all lines or none; repeating it with the same key is safe. Refusals: [*OutOfStockError], and a
// bare [fault.Refused] where the reservation was released before or an item is unknown.
func (c *Client) Reserve(ctx context.Context, key string, reservation Reservation) error {
	return errStub
}

// Release gives an order's stock back, whether or not it was reserved: a Reserve that comes later is refused.
func (c *Client) Release(ctx context.Context, key, orderID string) error { return errStub }
