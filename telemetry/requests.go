package telemetry

import (
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Requests is [Telemetry.Requests] without a Telemetry: names and the log, no metrics and no spans.
func Requests(logger *slog.Logger, next http.Handler) http.Handler {
	return (*Telemetry)(nil).Requests(logger, next)
}

// Requests names every request (see Incoming), says its id in the answer's X-Request-Id, and writes one line to the log when it has been
// answered, with what AccessFrom and NoteCall were told; it counts it, and makes it a span below the caller's. A handler that panics is
// reported with the status it wrote, else 500; the panic goes on. A nil Telemetry only names and logs.
func (t *Telemetry) Requests(logger *slog.Logger, next http.Handler) http.Handler {
	position := &requests{logger: logger, next: next, tracer: t.Tracer()}
	if t != nil {
		position.metrics = t.requests
	}
	return position
}

type requests struct {
	logger  *slog.Logger
	tracer  trace.Tracer // nil: none
	metrics *requestMetrics
	next    http.Handler
}

// ServeHTTP implements http.Handler.
func (p *requests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	ctx, req, span := begin(r.Context(), r, p.tracer)
	rec := &record{Context: ctx, request: req, calls: calls{began: start}, seen: statusWriter{ResponseWriter: w}}
	w.Header().Set(RequestIDHeader, req.ID)
	returned := false
	p.metrics.begin()
	defer func() {
		status, took := rec.seen.final(returned), time.Since(start)
		p.metrics.end(&rec.access, status, took, span.SpanContext())
		finish(span, r, &rec.access, status)
		rec.log(rec, p.logger, r, status, took)
	}()
	p.next.ServeHTTP(&rec.seen, r.WithContext(rec))
	returned = true
}

// statusWriter remembers the status that was written.
type statusWriter struct {
	http.ResponseWriter

	status int // 0: none yet
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK { // 1xx come before the answer
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// final is the status that the client sees once the handler is done.
func (w *statusWriter) final(returned bool) int {
	switch {
	case w.status != 0:
		return w.status
	case returned:
		return http.StatusOK
	default:
		return http.StatusInternalServerError
	}
}
