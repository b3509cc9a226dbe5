package resolvers

import (
	"context"

	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/fault"
	"tiffin/internal/storefront"
	"tiffin/resolvers/edges"
	"tiffin/resolvers/loaders"
)

func (q query) Order(ctx context.Context, id string) (*orders.Order, error) {
	return loaders.Load(ctx, q.Edges.Order, id)
}

func (q query) Orders(ctx context.Context, first *int32, after *string, status *orders.OrderStatus) (*orders.OrderConnection, error) {
	return q.Deps.Orders.List(fault.WithoutStale(ctx), orders.ListQuery{First: pageSize(first), After: value(after), Status: value(status)})
}

type order struct{ edges *edges.Edges }

func (o order) Restaurant(ctx context.Context, obj *orders.Order) (*inventory.Restaurant, error) {
	return loaders.Load(ctx, o.edges.Restaurant, obj.RestaurantID)
}

func (o order) Payment(ctx context.Context, obj *orders.Order) (*payments.Payment, error) {
	return loaders.Load(ctx, o.edges.Payment, obj.PaymentRef)
}

func (o order) Delivery(ctx context.Context, obj *orders.Order) (*delivery.Delivery, error) {
	return loaders.Load(ctx, o.edges.Delivery, obj.ID)
}

type orderLine struct{ edges *edges.Edges }

func (l orderLine) Item(ctx context.Context, obj *orders.OrderLine) (*inventory.MenuItem, error) {
	return loaders.Load(ctx, l.edges.Item, obj.ItemID)
}

type driver struct{ edges *edges.Edges }

func (d driver) Position(ctx context.Context, obj *delivery.Driver) (*storefront.Coordinates, error) {
	return loaders.Load(ctx, d.edges.Position, obj.OrderID)
}
