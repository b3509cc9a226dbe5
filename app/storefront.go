package app

import (
	"context"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/checkout"
	orderobserve "tiffin/checkout/observe"
	"tiffin/gateway/auth"
	"tiffin/gateway/transport"
	"tiffin/graph"
	"tiffin/resolvers"
	"tiffin/resolvers/edges"
	"tiffin/telemetry"
)

// newSchema is the storefront's graph as the edge wants it.
func newSchema(c clients, flow *checkout.Flow) graphql.ExecutableSchema {
	return graph.NewExecutableSchema(graph.Config{
		Resolvers: resolvers.New(resolvers.Deps{
			Orders: c.orders, Inventory: c.inventory, Checkout: flow, SetHeader: transport.SetHeader,
			Edges: edges.New(edges.Services{Orders: c.orders, Inventory: c.inventory, Payments: c.payments, Delivery: c.delivery}),
		}),
		Directives: graph.DirectiveRoot{Authenticated: auth.Authenticated, RequiresScopes: auth.RequiresScopes},
	})
}

// SchemaText is the schema as its authors wrote it.
func SchemaText() string {
	return newSchema(clients{}, nil).Schema().Query.Position.Src.Input
}

func newFlow(
	cfg checkout.Config, c clients, j *orderJournal, count *orderobserve.Events, changed func(context.Context, checkout.Change), log *slog.Logger,
) *checkout.Flow {
	return checkout.New(cfg, checkout.Deps{
		Orders: c.orders, Inventory: c.inventory, Payments: c.payments, Delivery: c.delivery, Geocoding: c.geocoding,
		Journal: j.store(), Owner: j.owner,
		OnEvent: func(ctx context.Context, e checkout.Event) {
			count.Event(ctx, e)
			logOrder(ctx, log, e)
		},
		OnChange: changed,
	})
}

// logOrder says what happens to an order. What operators need not act on is at a level below.
func logOrder(ctx context.Context, log *slog.Logger, e checkout.Event) {
	level := slog.LevelInfo
	if e.Err != nil {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("event", string(e.Kind)), slog.String("saga", e.SagaID), slog.String("state", string(e.State)),
		slog.String("request_id", telemetry.RequestFrom(ctx).ID),
	}
	if e.Step != "" {
		attrs = append(attrs, slog.String("step", e.Step), slog.Int("attempt", e.Attempt))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("error", e.Err))
	}
	log.LogAttrs(ctx, level, "order", attrs...)
}
