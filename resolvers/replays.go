package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/checkout"
)

// Replays reports of the mutations that have an idempotency key whether one would only repeat what it has answered its caller before.
func Replays(flow *checkout.Flow) func(ctx context.Context, field string, args map[string]any) bool {
	known := map[string]func(context.Context, string) bool{
		"Mutation.placeOrder":  flow.PlaceKnown,
		"Mutation.cancelOrder": flow.CancelKnown,
	}
	return func(ctx context.Context, field string, args map[string]any) bool {
		knows, has := known[field]
		key, err := keyOf(args)
		return has && err == nil && knows(ctx, key)
	}
}

// keyOf reads the key as generated code does.
func keyOf(args map[string]any) (string, error) {
	input, _ := args["input"].(map[string]any)
	return graphql.UnmarshalID(input["idempotencyKey"])
}
