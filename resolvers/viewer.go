package resolvers

import (
	"context"

	"tiffin/identity"
)

func (query) Me(ctx context.Context) (*identity.Principal, error) {
	caller, _ := identity.From(ctx)
	return caller, nil
}
