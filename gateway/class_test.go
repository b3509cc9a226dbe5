package gateway_test

import (
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway"
	"tiffin/gateway/auth"
	"tiffin/gateway/operation"
	"tiffin/gateway/ratelimit"
)

// The class of an API key decides over HTTP what one operation may cost and how many there may be; a key without a class, and one of a class
// that nobody has configured, are as everybody.
func TestClassOfAnAPIKey(t *testing.T) {
	keys := map[string]string{}
	var listed []auth.APIKey
	for _, class := range []string{"partner", "small", "", "unknown"} {
		key, hash := auth.NewAPIKey()
		keys[class] = key
		listed = append(listed, auth.APIKey{Name: "key of " + class, Hash: hash, Class: class})
	}
	cfg := limited(ratelimit.Config{
		User: ratelimit.Limit{Burst: 2, Every: time.Hour},
		Classes: map[string]ratelimit.Class{
			"partner": {User: ratelimit.Limit{Burst: 5}}, "small": {User: ratelimit.Limit{Burst: 1}},
		},
	})
	cfg.Operation.Cost = operation.CostConfig{
		Budget: 2, Authenticated: 2, Classes: []operation.ClassBudget{{Class: "partner", Budget: 20}, {Class: "small", Budget: 1}},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, cfg, func(d *gateway.Deps) {
			d.Verifier = auth.NewVerifier(auth.Config{APIKeys: auth.APIKeysConfig{Keys: listed}}, auth.Deps{})
		})
		for _, c := range []struct {
			class    string
			costly   string // the code of an operation that costs 4
			admitted int
		}{{"partner", "", 5}, {"small", "COST_TOO_HIGH", 1}, {"", "COST_TOO_HIGH", 2}, {"unknown", "COST_TOO_HIGH", 2}} {
			ask := func(document string) answer {
				return e.do(post(document).with(auth.APIKeyHeader, keys[c.class]).with("Accept", graphqlType))
			}
			costly := ask("{a:me{name} b:me{name} c:me{name} d:me{name}}")
			if costly.code() != c.costly {
				t.Errorf("%q: %d %s", c.class, costly.status, costly.text)
			}
			admitted := 0
			if costly.status == 200 {
				admitted++
			}
			for range 10 {
				if got := ask("{hello}"); got.status == 200 {
					admitted++
				} else if got.code() != "RATE_LIMITED" {
					t.Errorf("%q: %d %s", c.class, got.status, got.text)
				}
			}
			if admitted != c.admitted {
				t.Errorf("%q: %d were admitted, want %d", c.class, admitted, c.admitted)
			}
		}
	})
}
