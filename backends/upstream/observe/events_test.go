package observe_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/health"
	"tiffin/backends/upstream/observe"
	"tiffin/backends/upstream/resilience"
)

// everyEvent tells s one of each that concerns instances.
func everyEvent(s *observe.Service) {
	s.Discovered(discovery.Change{Added: []discovery.Endpoint{{Addr: "a:1"}, {Addr: "b:1"}}, Removed: []discovery.Endpoint{{Addr: "c:1"}}})
	s.Discovered(discovery.Change{})
	s.DiscoveryFailed(errors.New("no answer"))
	s.Checked(health.Checked{Addr: "a:1", Err: errors.New("status 500")})
	s.Checked(health.Checked{Addr: "a:1", Healthy: true})
	s.Ejected(health.Ejection{Addr: "b:1", Reason: health.FailureRate, For: time.Minute, Times: 2})
	s.Returned("b:1")
	s.Stale("/", 0, nil)
}

func TestEventsOfInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, false, nil)
		everyEvent(w.Service)
		w.Calls().BreakerChanged("a:1", resilience.Open)
		w.wantLog(t, "instances changed", map[string]any{
			"level": "INFO", "added": []string{"a:1", "b:1"}, "removed": []string{"c:1"}, "changed": []string{}, "added_count": 2, "removed_count": 1,
		})
		w.wantLog(t, "discovery failed; the last known instances stay", map[string]any{"level": "WARN", "error": "no answer"})
		w.wantLog(t, "instance fails its checks and gets no calls", map[string]any{"level": "WARN", "instance": "a:1", "error": "status 500"})
		w.wantLog(t, "instance is well again", map[string]any{"level": "INFO", "instance": "a:1"})
		w.wantLog(t, "instance ejected", map[string]any{
			"level": "WARN", "instance": "b:1", "reason": "failure rate", "for": time.Minute, "times": 2,
		})
		w.wantLog(t, "instance returned", map[string]any{"level": "INFO", "instance": "b:1"})
		w.wantLog(t, "breaker changed", map[string]any{"level": "WARN", "instance": "a:1", "state": "open"})
		w.wantMetrics(t,
			`tiffin_upstream_discovery_changes_total{service="orders"} 1`,
			`tiffin_upstream_discovery_failures_total{service="orders"} 1`,
			`tiffin_upstream_check_changes_total{service="orders",state="down"} 1`,
			`tiffin_upstream_check_changes_total{service="orders",state="up"} 1`,
			`tiffin_upstream_ejections_total{reason="failure_rate",service="orders"} 1`,
			`tiffin_upstream_ejections_total{reason="consecutive_failures",service="orders"} 0`,
			`tiffin_upstream_breaker_changes_total{service="orders",state="open"} 1`,
			`tiffin_upstream_breaker_changes_total{service="orders",state="half_open"} 0`)
	})
}

func TestALineNamesABoundedNumberOfInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, false, nil)
		w.Discovered(discovery.Change{Added: make([]discovery.Endpoint, 500)})
		w.wantLog(t, "instances changed", map[string]any{"added": make([]string, 20), "added_count": 500})
	})
}

// TestAStormIsALine: refusals come by the thousand.
func TestAStormIsALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, false, nil)
		hooks := w.Calls()
		for range 100 {
			hooks.Refused(t.Context())
			hooks.BudgetEmpty(t.Context())
			hooks.Hedged(t.Context())
		}
		<-time.After(10 * time.Second)
		hooks.Refused(t.Context())
		if n := strings.Count(w.log.String(), "calls refused"); n != 2 {
			t.Errorf("%d lines", n)
		}
		if !strings.Contains(w.log.String(), `"not_told":99`) {
			t.Errorf("%s", w.log)
		}
		w.wantLog(t, "retries not made: their budget is spent, the service fails too often", map[string]any{"level": "WARN", "not_told": 0})
		w.wantMetrics(t,
			`tiffin_upstream_bulkhead_refused_total{service="orders"} 101`,
			`tiffin_upstream_budget_empty_total{service="orders"} 100`,
			`tiffin_upstream_hedges_total{service="orders"} 100`)
	})
}

func TestStaleAnswersAreALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, false, nil)
		for range 50 {
			w.Stale("/menus/{id}", time.Minute, errors.New("no answer"))
		}
		w.Stale("/menus/{id}", time.Second, nil)
		w.wantLog(t, "stale answers served: the service fails", map[string]any{
			"level": "WARN", "route": "/menus/{id}", "age": time.Minute, "error": "no answer", "not_told": 0,
		})
		w.wantLog(t, "stale answer served while it is refreshed", map[string]any{"level": "DEBUG", "route": "/menus/{id}", "age": time.Second})
	})
}

func TestARetryIsToldToWhoLooksClosely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		far := func(w http.ResponseWriter, _ *http.Request) {
			if calls++; calls == 1 {
				w.WriteHeader(http.StatusBadGateway)
			}
		}
		w := start(t, false, map[string]http.Handler{"a.test": http.HandlerFunc(far)})
		line := w.ask(t, nil)
		if made := called(t, line); made["attempts"] != 2.0 || made["outcome"] != "ok" {
			t.Errorf("%v", made)
		}
		w.wantLog(t, "call is repeated", map[string]any{"level": "DEBUG", "request_id": line["request_id"], "status": 502, "retry": 1})
	})
}
