package gateway_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"tiffin/gateway"
	"tiffin/gateway/internal/gqltest"
	"tiffin/identity"
)

// What services can be told of a request is what is listed, and the token of a caller who came with a good one; by default it is nothing.
func TestForward(t *testing.T) {
	told := func(ctx context.Context, _ map[string]any) (any, error) {
		text := slices.Collect(maps.Keys(identity.Header(ctx)))
		for _, values := range identity.Header(ctx) {
			text = append(text, values...)
		}
		return strings.Join(text, " ") + "|" + identity.Token(ctx), nil
	}
	for name, c := range map[string]struct {
		forward gateway.Forward
		want    func(token string) string
	}{
		"nothing": {gateway.Forward{}, func(string) string { return "|" }},
		"headers": {gateway.Forward{Headers: []string{"x-experiment", "X-Missing"}}, func(string) string { return "X-Experiment b|" }},
		"token":   {gateway.Forward{Token: true}, func(token string) string { return "|" + token }},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := start(t, development(), func(d *gateway.Deps) {
				d.Forward = c.forward
				schema, _ := d.Schema.(*gqltest.Schema)
				schema.Resolvers["Query.hello"] = told
			})
			token := e.token("")
			got := e.do(post("{hello}").with("X-Experiment", "b").with("Cookie", "session").with("Authorization", "bearer  "+token))
			if want := `{"hello":"` + c.want(token) + `"}`; string(got.body.Data) != want {
				t.Errorf("%s: %s, want %s", name, got.text, want)
			}
			if got := e.do(post("{hello}")); string(got.body.Data) != `{"hello":"|"}` {
				t.Errorf("%s, anonymous: %s", name, got.text)
			}
		})
	}
}
