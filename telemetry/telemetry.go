package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/trace"
)

// Deps are the collaborators of a Telemetry.
type Deps struct {
	Logger *slog.Logger
	// Version is what the program calls itself, in traces and metrics.
	Version string
	// Services are the names of what errors can be blamed on, as a label of metrics; any other name counts as "other".
	Services []string
	// Transport reaches the collector of spans; one of its own where it is nil.
	Transport http.RoundTripper
}

// Telemetry is what the process reports of itself: a registry of metrics of its own, and a tracer where that is configured. It is safe
// for concurrent use.
type Telemetry struct {
	registry *prometheus.Registry
	requests *requestMetrics
	tracing  *tracing // nil: off
	logger   *slog.Logger
}

// New returns a Telemetry, or all of [Config.Validate]'s problems in one error. It starts nothing and opens no connection.
func New(cfg Config, deps Deps) (*Telemetry, error) {
	var problems []error
	for _, problem := range cfg.Validate() {
		problems = append(problems, problem)
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	registry := newRegistry(deps.Version)
	t := &Telemetry{registry: registry, requests: newRequestMetrics(registry, deps.Services), logger: deps.Logger}
	if cfg.Tracing.Endpoint == "" {
		return t, nil
	}
	var err error
	t.tracing, err = newTracing(cfg.Tracing, deps, registry)
	return t, err
}

// Panics makes a metric of the number of panics that were answered; count is that number since the start. It is called once.
func (t *Telemetry) Panics(count func() uint64) {
	t.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "tiffin_panics_total", Help: "Panics of the edge and of resolvers, each of which was answered.",
	}, func() float64 { return float64(count()) }))
}

// Registry is where packages of this process register their metrics. docs/metrics.md names each, and a test holds it to that.
func (t *Telemetry) Registry() *prometheus.Registry { return t.registry }

// Tracer makes spans; nil where tracing is off, and whoever gets a nil makes none.
func (t *Telemetry) Tracer() trace.Tracer {
	if t == nil || t.tracing == nil {
		return nil
	}
	return t.tracing.tracer
}

// Run sends spans until ctx ends, and then what is left of them, for the configured time at most. It returns at once where tracing is off.
// It is called once.
func (t *Telemetry) Run(ctx context.Context) {
	if t.tracing != nil {
		t.tracing.run(ctx)
	}
}

// Bounds of reading the metrics: a reading walks through all of them.
const (
	maxScrapes    = 4
	scrapeTimeout = 10 * time.Second
)

// Metrics serves the registry in the Prometheus and OpenMetrics text formats; exemplars are in the latter only.
func (t *Telemetry) Metrics() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(t.logger.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTimeout,
		EnableOpenMetrics:   true,
	})
}
