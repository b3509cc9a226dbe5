package status_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/resilience"
	"tiffin/backends/upstream/status"
)

// orders is a service to which everything has happened.
func orders() status.Service {
	one := func(addr string, change func(*balance.InstanceStatus)) balance.InstanceStatus {
		i := balance.InstanceStatus{Endpoint: discovery.Endpoint{Addr: addr, Zone: "z"}, Ramp: 1}
		change(&i)
		return i
	}
	return status.Of(status.Sources{
		Name: "orders",
		Balance: balance.Status{Policy: "p2c_ewma", Panicking: true, Instances: []balance.InstanceStatus{
			one("a:1", func(i *balance.InstanceStatus) {
				i.InFlight, i.Latency, i.Weight, i.Tally = 3, 12500*time.Microsecond, 2, balance.Tally{Calls: 10, Failures: 1}
			}),
			one("b:1", func(i *balance.InstanceStatus) { i.Down, i.Ejected = true, time.Second }),
			one("c:1", func(i *balance.InstanceStatus) { i.Ejected, i.Draining = 1500*time.Millisecond, true }),
			one("d:1", func(i *balance.InstanceStatus) { i.Draining = true }),
		}},
		Calls: resilience.Status{
			InFlight: 4, Waiting: 5, Budget: 6, Breakers: map[string]resilience.State{"a:1": resilience.Closed, "b:1": resilience.Open, "gone:1": resilience.Open},
		},
		Discovery: "no answer", Cache: &status.Cache{Calls: 8, Hits: 5, Stale: 1},
	})
}

func ask(t *testing.T, services ...status.Service) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	rec := httptest.NewRecorder()
	handler := status.Handler(func() []status.Service { return services })
	handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/upstreams", http.NoBody))
	var doc map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return rec, doc
}

func TestDocument(t *testing.T) {
	rec, got := ask(t, orders(), status.Of(status.Sources{Name: "empty"}))
	if rec.Header().Get("Content-Type") != "application/json" || rec.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v", rec.Header())
	}
	instance := func(addr, state, breaker string, more map[string]any) map[string]any {
		out := map[string]any{
			"addr": addr, "zone": "z", "weight": 1.0, "state": state, "ejectedForMs": 0.0, "breaker": breaker, "ramp": 1.0,
			"inFlight": 0.0, "calls": 0.0, "failures": 0.0, "latencyMs": 0.0,
		}
		maps.Copy(out, more)
		return out
	}
	want := map[string]any{"services": []any{
		map[string]any{
			"name": "orders", "policy": "p2c_ewma", "panicking": true, "discoveryError": "no answer", "inFlight": 4.0, "waiting": 5.0, "retryBudget": 6.0,
			"cache": map[string]any{"calls": 8.0, "hits": 5.0, "stale": 1.0, "ratio": 0.75},
			"instances": []any{
				instance("a:1", "up", "closed", map[string]any{"weight": 2.0, "inFlight": 3.0, "calls": 10.0, "failures": 1.0, "latencyMs": 12.5}),
				instance("b:1", "down", "open", map[string]any{"ejectedForMs": 1000.0}),
				instance("c:1", "ejected", "closed", map[string]any{"ejectedForMs": 1500.0}),
				instance("d:1", "draining", "closed", nil),
			},
		},
		map[string]any{
			"name": "empty", "policy": "", "panicking": false, "inFlight": 0.0, "waiting": 0.0, "retryBudget": 0.0, "cache": nil, "instances": []any{},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, none := ask(t); cmp.Diff(map[string]any{"services": []any{}}, none) != "" {
		t.Errorf("%v", none)
	}
}

func TestACacheThatNobodyAsked(t *testing.T) {
	s := status.Of(status.Sources{Cache: &status.Cache{}})
	if s.Cache.Ratio != 0 {
		t.Errorf("%v", s.Cache.Ratio)
	}
}

func TestMetrics(t *testing.T) {
	services := []status.Service{orders()}
	collector := status.Collector(func() []status.Service { return services })
	text := scrape(t, collector)
	for _, want := range []string{
		`tiffin_upstream_breakers{service="orders",state="closed"} 3`,
		`tiffin_upstream_breakers{service="orders",state="half_open"} 0`,
		`tiffin_upstream_breakers{service="orders",state="open"} 1`,
		`tiffin_upstream_calls_waiting{service="orders"} 5`,
		`tiffin_upstream_discovery_failing{service="orders"} 1`,
		`tiffin_upstream_instance_latency_seconds{instance="a:1",service="orders"} 0.0125`,
		`tiffin_upstream_instance_latency_seconds{instance="b:1",service="orders"} 0`,
		`tiffin_upstream_instance_latency_seconds{instance="c:1",service="orders"} 0`,
		`tiffin_upstream_instance_latency_seconds{instance="d:1",service="orders"} 0`,
		`tiffin_upstream_instances{service="orders",state="down"} 1`,
		`tiffin_upstream_instances{service="orders",state="draining"} 1`,
		`tiffin_upstream_instances{service="orders",state="ejected"} 1`,
		`tiffin_upstream_instances{service="orders",state="up"} 1`,
		`tiffin_upstream_panicking{service="orders"} 1`,
		`tiffin_upstream_retry_budget{service="orders"} 6`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if got := series(t, collector, "tiffin_upstream_instance_up"); got["a:1"] != 1 || got["b:1"] != 0 || len(got) != 4 {
		t.Errorf("%v", got)
	}
	services[0].Instances = services[0].Instances[:1] // the others leave
	if got := series(t, collector, "tiffin_upstream_instance_in_flight"); got["a:1"] != 3 || len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestInstancesInMetricsAreBounded(t *testing.T) {
	s := orders()
	for n := range 500 {
		s.Instances = append(s.Instances, status.Instance{Addr: fmt.Sprintf("x:%d", n), State: status.Up})
	}
	collector := status.Collector(func() []status.Service { return []status.Service{s} })
	if n := len(series(t, collector, "tiffin_upstream_instance_up")); n != 100 {
		t.Errorf("%d instances", n)
	}
	if n := len(series(t, collector, "tiffin_upstream_instances")); n != 1 { // no label of that name
		t.Errorf("%d", n)
	}
}

// scrape returns the metrics as text.
func scrape(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	rec := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(rec, r)
	return rec.Body.String()
}

// series returns the values of a metric by its instance.
func series(t *testing.T, c prometheus.Collector, name string) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			instance := ""
			for _, label := range metric.GetLabel() {
				if label.GetName() == "instance" {
					instance = label.GetValue()
				}
			}
			out[instance] = metric.GetGauge().GetValue()
		}
	}
	return out
}
