package gateway_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"tiffin/fault"
	"tiffin/gateway"
	"tiffin/gateway/internal/gqltest"
)

// Three fields of three fallbacks, whose service is down: each does what the schema says, to a client of either media type.
func TestFallbacks(t *testing.T) {
	schema := &gqltest.Schema{
		Source: `
			directive @upstream(service: String!, fallback: Fallback! = NULL) on FIELD_DEFINITION
			enum Fallback { NULL STALE ERROR }
			type Query { order: Order hello: String }
			type Order { id: ID
				absent: String @upstream(service: "kitchen")
				older: String @upstream(service: "kitchen", fallback: STALE)
				needed: String @upstream(service: "kitchen", fallback: ERROR) }`,
		Resolvers: map[string]gqltest.Resolver{"Query.order": func(context.Context, map[string]any) (any, error) { return map[string]any{"id": "1"}, nil }},
	}
	for _, name := range []string{"absent", "older", "needed"} {
		schema.Resolvers["Order."+name] = func(context.Context, map[string]any) (any, error) {
			return nil, fault.Unavailable("kitchen", errors.New("down"))
		}
	}
	for query, want := range map[string]string{
		"{hello order{id absent}}":        `{"hello":null,"order":{"id":"1","absent":null}}`,
		"{hello order{id older}}":         `{"hello":null,"order":{"id":"1","older":null}}`,
		"{hello order{id needed}}":        `{"hello":null,"order":null}`,
		"{hello order{id absent needed}}": `{"hello":null,"order":null}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			e := start(t, gateway.Config{}, func(d *gateway.Deps) { d.Schema = schema })
			got := e.do(post(query, "{}"))
			if got.status != 200 || string(got.body.Data) != want || len(got.body.Errors) == 0 {
				t.Errorf("%s: %d %s", query, got.status, got.text)
			}
			for _, err := range got.body.Errors {
				if err.Extensions["code"] != "SERVICE_UNAVAILABLE" || err.Extensions["service"] != "kitchen" || len(err.Path) != 2 {
					t.Errorf("%s: %+v", query, err)
				}
			}
		})
	}
}
