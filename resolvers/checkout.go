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
	return m.announced(ctx)(m.Checkout.Place(ctx, input))
}

// announced says in the response's header, too, that a result repeats an earlier one: logs and proxies see headers.
func (m mutation) announced(ctx context.Context) func(checkout.PlaceOrderResult, error) (checkout.PlaceOrderResult, error) {
	return func(result checkout.PlaceOrderResult, err error) (checkout.PlaceOrderResult, error) {
		if err == nil && result.WasReplayed() {
			m.SetHeader(ctx, "Idempotent-Replayed", "true")
		}
		return result, err
	}
}

type orderConfirmed struct{ edges *edges.Edges }

func (c orderConfirmed) Order(ctx context.Context, obj *checkout.OrderConfirmed) (*orders.Order, error) {
	return loaders.Load(ctx, c.edges.Order, obj.OrderID)
}
