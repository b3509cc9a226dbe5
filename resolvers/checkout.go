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
	return announced[checkout.PlaceOrderResult](ctx, m)(m.Checkout.Place(ctx, input))
}

func (m mutation) CancelOrder(ctx context.Context, input checkout.CancelOrderInput) (checkout.CancelOrderResult, error) {
	return announced[checkout.CancelOrderResult](ctx, m)(m.Checkout.Cancel(ctx, input))
}

// announced says in the response's header, too, that a result repeats an earlier one: logs and proxies see headers.
func announced[R interface{ WasReplayed() bool }](ctx context.Context, m mutation) func(R, error) (R, error) {
	return func(result R, err error) (R, error) {
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

type cancellationConfirmed struct{ edges *edges.Edges }

func (c cancellationConfirmed) Order(ctx context.Context, obj *checkout.CancellationConfirmed) (*orders.Order, error) {
	return loaders.Load(ctx, c.edges.Order, obj.OrderID)
}
