package observe

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"tiffin/backends/upstream/call"
	"tiffin/telemetry"
)

// Call returns the position for logical calls: right below call.Start, above everything that may answer by itself. Per call it has one
// duration, by kind and outcome; one entry in the log line of the request; one span, in whose context next runs. next returns answers that
// are in memory: the call is over then.
func (s *Service) Call(next call.Position) call.Position {
	if s == nil {
		return next
	}
	return &calls{s, next}
}

type calls struct {
	service *Service
	next    call.Position
}

// Do implements [call.Position].
func (p *calls) Do(t call.Trip) (*http.Response, error) {
	ctx := t.Context
	k := &p.service.kinds[t.Call.Kind()]
	var span trace.Span
	t.Context, span = p.start(ctx, k)
	p.service.inFlight.Inc()
	defer p.service.inFlight.Dec()
	defer span.End()
	res, err := p.next.Do(t)
	noted := note(ctx, t.Call, res, err)
	noted.Service, noted.Began, noted.Took = p.service.name, t.Call.Began, time.Since(t.Call.Began)
	telemetry.Observe(k.calls[noted.outcome](), noted.Took, span.SpanContext())
	telemetry.NoteCall(ctx, noted.Call)
	p.service.cache.note(t.Call)
	if span.IsRecording() {
		p.service.describe(span, t.Request.Method, noted, err)
	}
	return res, err
}

// start begins the call's span, and returns the context of its work.
func (p *calls) start(ctx context.Context, k *kind) (context.Context, trace.Span) {
	if p.service.tracer == nil {
		return ctx, p.service.noSpan
	}
	return p.service.tracer.Start(ctx, k.spanName, p.service.internal...) //nolint:spancheck // Do ends it
}

// noted is a call as the log tells it.
type noted struct {
	telemetry.Call

	outcome outcome
}

func note(ctx context.Context, current *call.Call, res *http.Response, err error) noted {
	var n noted
	if res != nil {
		n.Status = res.StatusCode
	}
	n.outcome = judge(ctx, n.Status, err)
	n.Outcome = n.outcome.String()
	n.Attempts = current.Attempts()
	if tried := current.Tried(); len(tried) > 0 {
		n.Instance = tried[len(tried)-1]
	}
	n.Cache = current.Cache.Status
	return n
}

// describe puts into a recorded span what the log tells, too.
func (s *Service) describe(span trace.Span, method string, n noted, err error) {
	span.SetAttributes(
		s.peer, attribute.String("http.request.method", method), attribute.Int("http.response.status_code", n.Status),
		attribute.String("tiffin.outcome", n.Outcome), attribute.Int("tiffin.attempts", n.Attempts),
	)
	if n.Cache != "" {
		span.SetAttributes(attribute.String("tiffin.cache", n.Cache))
	}
	fail(span, n.outcome, err)
}

// fail marks a span whose work went wrong.
func fail(span trace.Span, o outcome, err error) {
	switch {
	case !o.bad():
	case err != nil:
		telemetry.Fail(span, err.Error())
	default:
		telemetry.Fail(span, "the service failed")
	}
}
