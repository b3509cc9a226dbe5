package gateway_test

import (
	"maps"
	"net/http/httptest"
	"slices"
	"testing"

	"tiffin/gateway"
	"tiffin/gateway/internal/gqltest"
	"tiffin/internal/testkit/httpaudit"
)

// audits is how many public audits of GraphQL over HTTP there are.
const audits = 61

// The public audits of GraphQL over HTTP, in the setting of development and in that of production. What differs there is listed, with why.
func TestAudits(t *testing.T) {
	for name, c := range map[string]struct {
		cfg    gateway.Config
		header []string
		// differ are the audits that are not ok, with how: notice is a MAY of the specification, warn a SHOULD, error a MUST.
		differ map[string]string
	}{
		"development": {cfg: development()},
		"production": {differ: map[string]string{
			"5A70": "notice", // a GET that a foreign page's form could send is refused
			"D6D5": "notice", // so is one with variables
			"6A70": "notice", // and so it is to clients of application/json
			"2EA1": "warn",   // the variables are those of __type, and introspection is off
			"28B9": "error",  // to clients of application/json as well
		}},
		"production, for a client that no form can be": {header: []string{"Apollo-Require-Preflight: true"}, differ: map[string]string{
			"D6D5": "notice", // introspection is off
			"6A70": "notice",
			"2EA1": "warn",
			"28B9": "error",
		}},
		"production with introspection, for such a client": {cfg: introspectable(), header: []string{"Apollo-Require-Preflight: true"}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := gateway.New(c.cfg, gateway.Deps{Schema: &gqltest.Schema{Resolvers: resolvers()}, Logger: newLogger(&logBook{})})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(g)
			defer server.Close()
			results := httpaudit.Run(t, server.URL+"/graphql", c.header...)
			differ := map[string]string{}
			for _, r := range results {
				if r.Status == "ok" {
					continue
				}
				differ[r.ID] = r.Status
				if c.differ[r.ID] != r.Status {
					t.Errorf("%s %s: %s: %s", r.ID, r.Status, r.Name, r.Reason)
				}
			}
			if len(results) != audits || !maps.Equal(differ, c.differ) {
				t.Errorf("%d audits, want %d; differing: %v, want %v", len(results), audits, slices.Sorted(maps.Keys(differ)), slices.Sorted(maps.Keys(c.differ)))
			}
		})
	}
}

// introspectable is production but for introspection.
func introspectable() gateway.Config {
	var cfg gateway.Config
	cfg.Operation.Introspection = true
	return cfg
}
