package gateway_test

import (
	"testing"
	"testing/synctest"

	"tiffin/gateway"
)

// Clients are told what an operation cost where the configuration says so; the estimate and the budget are in a refusal anyway.
func TestCostHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cfg gateway.Config
		silent := start(t, cfg).do(post("{hello}"))
		if got := silent.header.Get("X-Cost-Estimated") + silent.header.Get("X-Cost-Actual"); got != "" {
			t.Errorf("told without being asked: %s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var cfg gateway.Config
		cfg.Operation.Cost.Headers = true
		got := start(t, cfg).do(post("{hello me{name}}")) // me is refused, so that there is no user
		if estimated, actual := got.header.Get("X-Cost-Estimated"), got.header.Get("X-Cost-Actual"); estimated != "2" || actual != "1" {
			t.Errorf("estimated %q, actual %q: %s", estimated, actual, got.text)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var cfg gateway.Config
		cfg.Operation.Cost.Budget = 1
		got := start(t, cfg).do(post("{hello me{name}}").with("Accept", graphqlType))
		if got.status != 400 || got.code() != "COST_TOO_HIGH" || got.message() != "Cost too high: estimate 2, budget 1." {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}
