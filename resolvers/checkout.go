package resolvers

import (
	"context"

	"tiffin/backends/orders"
	"tiffin/checkout"
	"tiffin/resolvers/edges"
	"tiffin/resolvers/loaders"
)

func (q query) Quote(ctx context.Context, cart checkout.CartInput) (checkout.QuoteResult, error) {
	return q.Checkout.Quote(ctx, cart)
}

func (q query) Placement(ctx context.Context, idempotencyKey string) (checkout.PlaceOrderResult, error) {
	return q.Checkout.Placement(ctx, idempotencyKey)
}

func (m mutation) PlaceOrder(ctx context.Context, input checkout.PlaceOrderInput) (checkout.PlaceOrderResult, error) {
	return m.Checkout.Place(ctx, input)
}

type orderConfirmed struct{ edges *edges.Edges }

func (c orderConfirmed) Order(ctx context.Context, obj *checkout.OrderConfirmed) (*orders.Order, error) {
	return loaders.Load(ctx, c.edges.Order, obj.OrderID)
}
