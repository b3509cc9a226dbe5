package resolvers

import (
	"context"
	"strings"

	"tiffin/internal/storefront"
	"tiffin/resolvers/loaders"
)

// Node finds anything by the type that its id carries. An order needs a caller; the orders client sees to that.
func (q query) Node(ctx context.Context, id string) (storefront.Node, error) {
	switch {
	case strings.HasPrefix(id, storefront.OrderPrefix):
		return load(ctx, q.Edges.Order, id)
	case strings.HasPrefix(id, storefront.RestaurantPrefix):
		return load(ctx, q.Edges.Restaurant, id)
	case strings.HasPrefix(id, storefront.MenuItemPrefix):
		return load(ctx, q.Edges.Item, id)
	}
	return nil, nil //nolint:nilnil // GraphQL's null: there is no such thing, which is no error
}

// load keeps a missing thing from becoming an interface that holds a nil pointer, which gqlgen takes for a value.
func load[P interface {
	*T
	storefront.Node
}, T any](ctx context.Context, edge loaders.Edge[string, P], id string) (storefront.Node, error) {
	found, err := loaders.Load(ctx, edge, id)
	if found == nil {
		return nil, err
	}
	return found, err
}
