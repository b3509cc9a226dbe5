package inventory

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"tiffin/backends/rest"
)

// Client is the typed client of the inventory service; safe for concurrent use.
type Client struct{ rest *rest.Client }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://inventory.
func New(transport http.RoundTripper) *Client {
	return &Client{rest.New(rest.Config{Service: Service}, transport)}
}

// How many ids one call takes by the contract.
const (
	maxIDs   = 100
	maxMenus = 20
)

// RestaurantsByIDs reads restaurants; unknown ids are left out.
func (c *Client) RestaurantsByIDs(ctx context.Context, ids []string) (map[string]*Restaurant, error) {
	return bulk(ctx, ids, maxIDs, func(ctx context.Context, ids []string) (map[string]*Restaurant, error) {
		var wire wireRestaurants
		if err := c.rest.Get(ctx, "/restaurants", idQuery("ids", ids), &wire); err != nil {
			return nil, err
		}
		return wire.byID()
	})
}

// MenusByRestaurants reads whole menus by restaurant id; unknown ids are left out.
func (c *Client) MenusByRestaurants(ctx context.Context, ids []string) (map[string]*Menu, error) {
	return bulk(ctx, ids, maxMenus, func(ctx context.Context, ids []string) (map[string]*Menu, error) {
		var wire wireMenus
		if err := c.rest.Get(ctx, "/menus", idQuery("restaurant_ids", ids), &wire); err != nil {
			return nil, err
		}
		return wire.byRestaurant()
	})
}

// ItemsByIDs reads dishes; unknown ids are left out.
func (c *Client) ItemsByIDs(ctx context.Context, ids []string) (map[string]*MenuItem, error) {
	return bulk(ctx, ids, maxIDs, func(ctx context.Context, ids []string) (map[string]*MenuItem, error) {
		var wire wireItems
		if err := c.rest.Get(ctx, "/items", idQuery("ids", ids), &wire); err != nil {
			return nil, err
		}
		return wire.byID()
	})
}

// StockByItems reads how many of each dish can be ordered now; unknown ids are left out.
func (c *Client) StockByItems(ctx context.Context, ids []string) (map[string]*int32, error) {
	return bulk(ctx, ids, maxIDs, func(ctx context.Context, ids []string) (map[string]*int32, error) {
		var wire wireStock
		if err := c.rest.Get(ctx, "/stock", idQuery("ids", ids), &wire); err != nil {
			return nil, err
		}
		return wire.byItem()
	})
}

func idQuery(name string, ids []string) url.Values {
	return url.Values{name: {strings.Join(ids, ",")}}
}
