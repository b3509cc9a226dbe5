package telemetry

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// exporter keeps failures from OpenTelemetry's global error handler, which would print each: it counts them, and tells the log when they
// begin and when they end.
type exporter struct {
	sdk.SpanExporter

	logger  *slog.Logger
	lost    prometheus.Counter
	failing atomic.Bool
}

func newExporter(to sdk.SpanExporter, logger *slog.Logger, registry prometheus.Registerer) *exporter {
	lost := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "tiffin_trace_spans_lost_total", Help: "Spans that the collector did not take.",
	})
	registry.MustRegister(lost)
	return &exporter{SpanExporter: to, logger: logger, lost: lost}
}

// ExportSpans implements sdk.SpanExporter. It never fails: there is nobody to repeat it.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err != nil {
		e.lost.Add(float64(len(spans)))
	}
	if e.failing.Swap(err != nil) == (err != nil) {
		return nil
	}
	if err != nil {
		e.logger.LogAttrs(ctx, slog.LevelWarn, "spans are lost; see that telemetry.tracing.endpoint is the collector's and that it runs",
			slog.String("error", clip(err.Error())))
		return nil
	}
	e.logger.LogAttrs(ctx, slog.LevelInfo, "spans are taken again")
	return nil
}
