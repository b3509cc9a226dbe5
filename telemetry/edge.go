package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"tiffin/fault"
)

// requestMetrics count what clients ask for. Every label has a closed set of values. A nil one counts nothing.
type requestMetrics struct {
	inFlight prometheus.Gauge
	duration *prometheus.HistogramVec
	errors   *prometheus.CounterVec
	codes    map[string]bool
	services map[string]bool
	cost     *prometheus.HistogramVec
	partial  prometheus.Counter
}

// Names of what is not, or not to be, told apart.
const (
	noKind    = "none"
	noService = "none"
	other     = "other"
)

func newRequestMetrics(registry prometheus.Registerer, services []string) *requestMetrics {
	m := &requestMetrics{
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tiffin_requests_in_flight", Help: "Requests that are being answered."}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tiffin_request_duration_seconds", Help: "Time from a request's header to the end of its answer.", Buckets: DurationBuckets(),
		}, []string{"kind", "status"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tiffin_request_errors_total", Help: "Errors of answers, under HTTP 200 too, by code and by the service that is to blame.",
		}, []string{"code", "service"}),
		codes: map[string]bool{}, services: map[string]bool{},
		cost: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tiffin_operation_cost", Help: "What operations were estimated to cost, in units.", Buckets: prometheus.ExponentialBuckets(1, 4, 8),
		}, []string{"kind"}),
		partial: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tiffin_partial_answers_total", Help: "Answers with data beside their errors, under HTTP 200.",
		}),
	}
	for _, code := range fault.Codes() {
		m.codes[string(code)] = true
		m.errors.WithLabelValues(string(code), noService)
	}
	m.errors.WithLabelValues(other, noService)
	for _, service := range services {
		m.services[service] = true
		m.errors.WithLabelValues(string(fault.ServiceUnavailable), service) // what is 0 from the start on shows the first
		m.errors.WithLabelValues(string(fault.Timeout), service)
	}
	registry.MustRegister(m.inFlight, m.duration, m.errors, m.cost, m.partial)
	return m
}

func (m *requestMetrics) begin() {
	if m != nil {
		m.inFlight.Inc()
	}
}

func (m *requestMetrics) end(access *Access, status int, took time.Duration, span trace.SpanContext) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	Observe(m.duration.WithLabelValues(kindLabel(access.Kind), StatusClass(status)), took, span)
	if access.Cost > 0 {
		m.cost.WithLabelValues(kindLabel(access.Kind)).Observe(float64(access.Cost))
	}
	if access.Partial {
		m.partial.Inc()
	}
	for _, e := range access.errors {
		m.errors.WithLabelValues(m.code(e.code), m.service(e.service)).Add(float64(e.times))
	}
}

// code and service keep the labels to what we know: resolvers can say anything.
func (m *requestMetrics) code(name string) string {
	if m.codes[name] {
		return name
	}
	return other
}

func (m *requestMetrics) service(name string) string {
	switch {
	case name == "":
		return noService
	case m.services[name]:
		return name
	default:
		return other
	}
}

func kindLabel(kind string) string {
	switch kind {
	case "query", "mutation", "subscription":
		return kind
	default:
		return noKind
	}
}

// StatusClass is an HTTP status as a label: "2xx", …; "none" for 0.
func StatusClass(status int) string {
	const hundred = 100
	classes := [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}
	return classes[min(max(status/hundred, 0), len(classes)-1)]
}
