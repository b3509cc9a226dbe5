package auth

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// Authenticated implements @authenticated: the field is for callers who proved who they are.
func Authenticated(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	return requirement{authenticated: true}.gate(ctx, next)
}

// RequiresScopes implements @requiresScopes: the field is for callers who hold all scopes of one of the alternatives.
func RequiresScopes(ctx context.Context, _ any, next graphql.Resolver, scopes [][]string) (any, error) {
	return requirement{scopes: scopes}.gate(ctx, next)
}

func (req requirement) gate(ctx context.Context, next graphql.Resolver) (any, error) {
	if refused, _ := req.decide(ctx); refused != nil {
		return nil, refused
	}
	return next(ctx)
}
