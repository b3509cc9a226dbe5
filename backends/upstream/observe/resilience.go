package observe

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"tiffin/backends/upstream/resilience"
	"tiffin/telemetry"
)

// Calls are the hooks for the resilience positions.
func (s *Service) Calls() resilience.Hooks {
	if s == nil {
		return resilience.Hooks{}
	}
	return resilience.Hooks{
		Refused: s.refused, Retried: s.retried, Hedged: s.hedged, BudgetEmpty: s.budgetEmpty, BreakerChanged: s.breakerChanged,
	}
}

// refused: a storm of them is one line.
func (s *Service) refused(ctx context.Context) {
	s.full.Inc()
	event(ctx, "bulkhead refused")
	s.storm(&s.fullLog, "calls refused: as many as allowed are under way and waiting; see resilience.bulkhead")
}

func (s *Service) budgetEmpty(ctx context.Context) {
	s.budget.Inc()
	event(ctx, "retry budget empty")
	s.storm(&s.budgetLog, "retries not made: their budget is spent, the service fails too often")
}

func (s *Service) storm(t *throttle, message string) {
	if skipped, told := t.pass(); told {
		s.log(slog.LevelWarn, message, slog.Int("not_told", skipped))
	}
}

// retried: the log line of the request has the number of attempts, so that this one is for looking closely.
func (s *Service) retried(ctx context.Context, why resilience.Repeat) {
	s.retries.Inc()
	event(ctx, "retry", attribute.Int("tiffin.retry", why.Number), attribute.Int("http.response.status_code", why.Status),
		attribute.Int64("tiffin.wait_ms", why.Wait.Milliseconds()))
	if s.logger.Enabled(ctx, slog.LevelDebug) {
		attrs := []slog.Attr{
			slog.String("request_id", telemetry.RequestFrom(ctx).ID), slog.Int("retry", why.Number),
			slog.Duration("wait", why.Wait), slog.Int("status", why.Status),
		}
		if why.Err != nil {
			attrs = append(attrs, slog.String("error", why.Err.Error()))
		}
		s.logger.LogAttrs(ctx, slog.LevelDebug, "call is repeated", attrs...)
	}
}

func (s *Service) hedged(ctx context.Context) {
	s.hedges.Inc()
	event(ctx, "hedge")
}

func (s *Service) breakerChanged(addr string, state resilience.State) {
	if counter := s.breakers[state]; counter != nil {
		counter.Inc()
	}
	level := slog.LevelInfo
	if state == resilience.Open {
		level = slog.LevelWarn
	}
	s.log(level, "breaker changed", slog.String("instance", addr), slog.String("state", string(state)))
}

// event notes on the call's span what happened to it.
func event(ctx context.Context, name string, attributes ...attribute.KeyValue) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.AddEvent(name, trace.WithAttributes(attributes...))
	}
}
