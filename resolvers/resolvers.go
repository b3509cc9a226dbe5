// Package resolvers says what each field of the schema means: one file per domain, one line per field. An `if` belongs into a client
// or a flow.
package resolvers

import (
	"context"

	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/checkout"
	"tiffin/graph"
	"tiffin/resolvers/edges"
)

// Deps are what the fields are resolved with.
type Deps struct {
	Orders    *orders.Client
	Inventory *inventory.Client
	Edges     *edges.Edges
	Checkout  *checkout.Flow
	// SetHeader adds a header to the response that ctx is resolved for.
	SetHeader func(ctx context.Context, name, value string)
}

// Root is gqlgen's entry to the resolvers.
type Root struct{ deps Deps }

var _ graph.ResolverRoot = Root{}

// New returns the resolvers of the whole schema.
func New(deps Deps) Root { return Root{deps} }

// Query resolves the reads.
func (r Root) Query() graph.QueryResolver { return query{r.deps} }

// Mutation resolves the writes.
func (r Root) Mutation() graph.MutationResolver { return mutation{r.deps} }

// Order resolves what an order has from other services.
func (r Root) Order() graph.OrderResolver { return order{r.deps.Edges} }

// OrderLine resolves what a line has from other services.
func (r Root) OrderLine() graph.OrderLineResolver { return orderLine{r.deps.Edges} }

// OrderConfirmed resolves the order behind a placement.
func (r Root) OrderConfirmed() graph.OrderConfirmedResolver { return orderConfirmed{r.deps.Edges} }

// CancellationConfirmed resolves the order behind a cancellation.
func (r Root) CancellationConfirmed() graph.CancellationConfirmedResolver {
	return cancellationConfirmed{r.deps.Edges}
}

// Restaurant resolves what a restaurant has by another read.
func (r Root) Restaurant() graph.RestaurantResolver { return restaurant{r.deps.Edges} }

// MenuItem resolves what a dish has by another read.
func (r Root) MenuItem() graph.MenuItemResolver { return menuItem{r.deps.Edges} }

// Driver resolves what a driver has by another read.
func (r Root) Driver() graph.DriverResolver { return driver{r.deps.Edges} }

// query and mutation carry the root fields of all domains; each domain's file has its own.
type (
	query    struct{ Deps }
	mutation struct{ Deps }
)
