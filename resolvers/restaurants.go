package resolvers

import (
	"context"

	"tiffin/backends/inventory"
	"tiffin/internal/storefront"
	"tiffin/resolvers/edges"
	"tiffin/resolvers/loaders"
)

func (q query) Restaurant(ctx context.Context, id string) (*inventory.Restaurant, error) {
	return loaders.Load(ctx, q.Edges.Restaurant, id)
}

func (q query) Restaurants(
	ctx context.Context, near *storefront.Coordinates, search *string, first *int32, after *string,
) (*inventory.RestaurantConnection, error) {
	return q.Inventory.Restaurants(ctx, inventory.RestaurantQuery{
		Near: near, Search: value(search), First: pageSize(first), After: value(after),
	})
}

type restaurant struct{ edges *edges.Edges }

func (r restaurant) Menu(ctx context.Context, obj *inventory.Restaurant) (*inventory.Menu, error) {
	return loaders.Load(ctx, r.edges.Menu, obj.ID)
}

type menuItem struct{ edges *edges.Edges }

func (i menuItem) Stock(ctx context.Context, obj *inventory.MenuItem) (*int32, error) {
	return loaders.Load(ctx, i.edges.Stock, obj.ID)
}
