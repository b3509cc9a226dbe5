// Package edges declares every way from one service's data to another's, once, as a batch function from keys to values. gqlgen's
// resolvers reach an edge through a loader, so that a page asks each service once per level.
package edges

import (
	"context"

	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/fault"
	"tiffin/internal/storefront"
)

// Fallback is what takes the place of a value that could not be fetched: the schema's UpstreamFallback.
type Fallback string

// The fallbacks.
const (
	// Null is null, with an error: nothing old may be shown.
	Null Fallback = "NULL"
	// OrStale is the last known value, said to be old; where there is none, null with an error.
	OrStale Fallback = "STALE"
	// Required is an error that takes the enclosing object along, which the edge of the gateway sees to: here it is like Null.
	Required Fallback = "ERROR"
)

// Edge is a batch function and the service that it asks.
type Edge[K comparable, V any] struct {
	// Service is the name that the schema's @upstream says.
	Service string
	// Fallback is what the schema's @upstream says.
	Fallback Fallback
	// batch gives values by key; what has no value is left out.
	batch func(ctx context.Context, keys []K) (map[K]V, error)
}

// Fetch asks the service for many values at once.
func (e *Edge[K, V]) Fetch(ctx context.Context, keys []K) (map[K]V, error) {
	if e.Fallback != OrStale {
		ctx = fault.WithoutStale(ctx)
	}
	return e.batch(ctx, keys)
}

// Services are the clients that the edges ask.
type Services struct {
	Orders    *orders.Client
	Inventory *inventory.Client
	Payments  *payments.Client
	Delivery  *delivery.Client
}

// Edges is the whole list. Each comment says which fields are resolved by the edge, and by which key.
type Edges struct {
	// Order: Query.order, Query.node, OrderConfirmed.order, by order id. Orders of others are left out.
	Order *Edge[string, *orders.Order]
	// Payment: Order.payment, by the order's payment reference.
	Payment *Edge[string, *payments.Payment]
	// Delivery: Order.delivery, by order id.
	Delivery *Edge[string, *delivery.Delivery]
	// Position: Driver.position, by order id.
	Position *Edge[string, *storefront.Coordinates]
	// Restaurant: Query.restaurant, Query.node, Order.restaurant, by restaurant id.
	Restaurant *Edge[string, *inventory.Restaurant]
	// Menu: Restaurant.menu, by restaurant id.
	Menu *Edge[string, *inventory.Menu]
	// Item: Query.node, OrderLine.item, by dish id.
	Item *Edge[string, *inventory.MenuItem]
	// Stock: MenuItem.stock, by dish id.
	Stock *Edge[string, *int32]
}

// New returns the edges over the services.
func New(s Services) *Edges {
	return &Edges{
		Order:      &Edge[string, *orders.Order]{orders.Service, Null, s.Orders.ByIDs},
		Payment:    &Edge[string, *payments.Payment]{payments.Service, Null, s.Payments.ByReferences},
		Delivery:   &Edge[string, *delivery.Delivery]{delivery.Service, OrStale, s.Delivery.ByOrders},
		Position:   &Edge[string, *storefront.Coordinates]{delivery.Service, Null, s.Delivery.Positions},
		Restaurant: &Edge[string, *inventory.Restaurant]{inventory.Service, OrStale, s.Inventory.RestaurantsByIDs},
		Menu:       &Edge[string, *inventory.Menu]{inventory.Service, OrStale, s.Inventory.MenusByRestaurants},
		Item:       &Edge[string, *inventory.MenuItem]{inventory.Service, OrStale, s.Inventory.ItemsByIDs},
		Stock:      &Edge[string, *int32]{inventory.Service, Null, s.Inventory.StockByItems},
	}
}
