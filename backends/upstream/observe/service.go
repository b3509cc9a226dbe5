package observe

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/health"
	"tiffin/backends/upstream/resilience"
	"tiffin/telemetry"
)

// Deps are the collaborators of a Service.
type Deps struct {
	// Metrics are those of all services.
	Metrics *Metrics
	// Tracer makes spans; nil for none.
	Tracer trace.Tracer
	// Logger takes one line per event; nil for none.
	Logger *slog.Logger
}

// Service watches one service. It is safe for concurrent use.
type Service struct {
	name   string
	tracer trace.Tracer // nil: none
	noSpan trace.Span
	logger *slog.Logger
	peer   attribute.KeyValue

	// The kinds of spans, as options made once.
	internal, client []trace.SpanStartOption

	kinds    [kinds]kind
	attempts [classes][outcomes]func() prometheus.Observer
	tryName  string
	inFlight prometheus.Gauge
	cache    *cacheCounts

	retries, hedges, budget, full prometheus.Counter
	changes, discovery            prometheus.Counter
	ejections                     map[health.Reason]prometheus.Counter
	breakers                      map[resilience.State]prometheus.Counter
	checks                        map[bool]prometheus.Counter

	budgetLog, fullLog, staleLog throttle
}

const (
	kinds = int(call.Write) + 1
	// classes of status: none, 1xx … 5xx.
	classes = 6
)

// kind is what is made once for the calls of a kind.
type kind struct {
	name     string
	spanName string
	calls    [outcomes]func() prometheus.Observer
}

// New returns what watches the service of that name, of which there are as many as the configuration has.
func New(name string, deps Deps) *Service {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	m := deps.Metrics
	s := &Service{
		name: name, tracer: deps.Tracer, noSpan: noop.Span{}, logger: deps.Logger.With(slog.String("service", name)),
		internal: []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindInternal)},
		client:   []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient)},
		peer:     attribute.String("service.peer.name", name), tryName: name + " attempt",
		inFlight: m.inFlight.WithLabelValues(name), cache: newCacheCounts(m, name),
		retries: m.retries.WithLabelValues(name), hedges: m.hedges.WithLabelValues(name),
		budget: m.budget.WithLabelValues(name), full: m.full.WithLabelValues(name),
		changes: m.changes.WithLabelValues(name), discovery: m.discovery.WithLabelValues(name),
		ejections: map[health.Reason]prometheus.Counter{
			health.Consecutive: m.ejections.WithLabelValues(name, "consecutive_failures"),
			health.FailureRate: m.ejections.WithLabelValues(name, "failure_rate"),
		},
		breakers: map[resilience.State]prometheus.Counter{},
		checks: map[bool]prometheus.Counter{
			true: m.checks.WithLabelValues(name, "up"), false: m.checks.WithLabelValues(name, "down"),
		},
	}
	for _, state := range []resilience.State{resilience.Closed, resilience.Open, resilience.HalfOpen} {
		s.breakers[state] = m.breakers.WithLabelValues(name, string(state))
	}
	s.makeSeries(m)
	return s
}

// makeSeries prepares every duration that can come about.
func (s *Service) makeSeries(m *Metrics) {
	for k := range s.kinds {
		name := call.Kind(k).String()
		s.kinds[k] = kind{name: name, spanName: s.name + " " + name}
		for o := range outcomes {
			s.kinds[k].calls[o] = lazy(m.calls, s.name, name, outcome(o).String())
		}
	}
	for class := range classes {
		for o := range outcomes {
			s.attempts[class][o] = lazy(m.attempts, s.name, telemetry.StatusClass(class*100), outcome(o).String())
		}
	}
}
