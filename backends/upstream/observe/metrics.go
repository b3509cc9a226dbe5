package observe

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"tiffin/telemetry"
)

// Metrics are the families of all services.
type Metrics struct {
	calls    *prometheus.HistogramVec
	attempts *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	cache    *prometheus.CounterVec
	stale    *prometheus.HistogramVec

	retries, hedges, budget, full *prometheus.CounterVec
	ejections, checks, breakers   *prometheus.CounterVec
	changes, discovery            *prometheus.CounterVec
}

// NewMetrics registers the families. It panics where they are registered already, as two of them on one registry are a mistake of the
// program.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return register(registry, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels))
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return register(registry, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"service"}, labels...)))
	}
	return &Metrics{
		calls: histogram("tiffin_upstream_call_duration_seconds", "Time of a call to a service, waiting and all attempts included.",
			telemetry.DurationBuckets(), "service", "kind", "outcome"),
		attempts: histogram("tiffin_upstream_attempt_duration_seconds", "Time of one exchange with one instance, its body included.",
			telemetry.DurationBuckets(), "service", "status", "outcome"),
		inFlight: register(registry, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tiffin_upstream_calls_in_flight", Help: "Calls that are under way, those that wait for a place included.",
		}, []string{"service"})),
		cache: counter("tiffin_upstream_cache_answers_total", "Calls by what the cache did.", "status"),
		stale: histogram("tiffin_upstream_stale_age_seconds", "Age of the answers that were served stale.", staleBuckets(), "service"),

		retries: counter("tiffin_upstream_retries_total", "Attempts that repeat another one."),
		hedges:  counter("tiffin_upstream_hedges_total", "Attempts beside one that was slow."),
		budget:  counter("tiffin_upstream_budget_empty_total", "Retries and hedges that were due and not made, the budget being spent."),
		full:    counter("tiffin_upstream_bulkhead_refused_total", "Calls refused because as many as allowed were under way and waiting."),

		ejections: counter("tiffin_upstream_ejections_total", "Instances taken out because of their failures.", "reason"),
		checks:    counter("tiffin_upstream_check_changes_total", "Instances taken out, or brought back, by active checks.", "state"),
		breakers:  counter("tiffin_upstream_breaker_changes_total", "Changes of the breakers of instances, by the new state.", "state"),
		changes:   counter("tiffin_upstream_discovery_changes_total", "Changes of the set of instances."),
		discovery: counter("tiffin_upstream_discovery_failures_total", "Failures to learn the set of instances; the last good one stays."),
	}
}

func register[C prometheus.Collector](registry prometheus.Registerer, c C) C {
	registry.MustRegister(c)
	return c
}

// staleBuckets are from "just expired" to a day, in seconds.
func staleBuckets() []float64 { return []float64{1, 5, 15, 60, 300, 900, 3600, 86400} }

// lazy makes a series when it is first needed, so that what never happens takes no room in /metrics.
func lazy(family *prometheus.HistogramVec, labels ...string) func() prometheus.Observer {
	return sync.OnceValue(func() prometheus.Observer { return family.WithLabelValues(labels...) })
}
