package telemetry

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Traceparent is the header (W3C Trace Context, section 3.2) for a request that is sent as the work of ctx: the span of ctx is the parent
// of what the service does. Where tracing is off each is the trace that came in, with a span id of its own. Empty outside of a request.
func Traceparent(ctx context.Context) string {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return RequestFrom(ctx).Traceparent()
	}
	b := newTraceparent()
	traceID, spanID := span.TraceID(), span.SpanID()
	b.ids(traceID[:], spanID[:])
	return b.text(span.IsSampled())
}

// Fail marks the span as failed, and says why.
func Fail(span trace.Span, reason string) {
	span.SetStatus(codes.Error, clip(reason))
}

// begin starts the request's span: its trace and its id are the request's from then on.
func begin(ctx context.Context, r *http.Request, tracer trace.Tracer) (context.Context, Request, trace.Span) {
	req := Incoming(r.Header)
	if tracer == nil {
		return ctx, req, noop.Span{}
	}
	if parent := req.remote(); parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	}
	ctx, span := tracer.Start(ctx, clip(r.Method), trace.WithSpanKind(trace.SpanKindServer)) //nolint:spancheck // finish ends it
	own := span.SpanContext()
	req.TraceID, req.SpanID, req.Sampled = own.TraceID().String(), own.SpanID().String(), own.IsSampled()
	return ctx, req, span //nolint:spancheck // finish ends it
}

// remote is the caller's span; not valid where no traceparent came in.
func (r Request) remote() trace.SpanContext {
	traceID, _ := trace.TraceIDFromHex(r.TraceID)
	spanID, _ := trace.SpanIDFromHex(r.parent)
	var flags trace.TraceFlags
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: traceID, SpanID: spanID, TraceFlags: flags.WithSampled(r.Sampled), Remote: true,
	})
}

// finish says what became of the request, in the words of OpenTelemetry's semantic conventions for HTTP servers and GraphQL.
func finish(span trace.Span, r *http.Request, access *Access, status int) {
	defer span.End()
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(
		attribute.String("http.request.method", clip(r.Method)), attribute.String("url.path", clip(r.URL.Path)),
		attribute.Int("http.response.status_code", status),
	)
	if access.Kind != "" {
		name := clip(access.Kind + " " + access.Operation)
		span.SetName(name)
		span.SetAttributes(attribute.String("graphql.operation.type", clip(access.Kind)), attribute.String("graphql.operation.name", clip(access.Operation)))
	}
	if access.Code != "" {
		span.SetAttributes(attribute.String("error.type", clip(access.Code)), attribute.Int("tiffin.errors", access.Errors))
	}
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}
