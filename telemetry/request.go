// Package telemetry carries what makes a request traceable, and reports it.
//
//	Requests    names each request, logs its one line, counts it, is its span
//	Access      what that line says beyond HTTP; NoteCall adds the calls to services
//	Telemetry   the registry of metrics and the tracer, of this process and nobody else: nothing here is global
//
// It is at both seams of the program: [Telemetry.Requests] in the edge's chain, package backends/upstream/observe in that of each service.
package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
)

// Request names one request of a client on its whole way: in the log, in answers, in calls to services.
type Request struct {
	// ID is the request id: the client's X-Request-Id where it is sound, else ours. 1 to 64 characters of [A-Za-z0-9._-].
	ID string
	// TraceID and SpanID are those of W3C Trace Context, in lower-case hex: 32 and 16 digits. SpanID is the gateway's own.
	TraceID, SpanID string
	// Sampled says whether the trace is recorded: as we decided, or where tracing is off the flag of the traceparent that came in, and true
	// where none did.
	Sampled bool

	// parent is the caller's span, in hex; empty where no traceparent came in.
	parent string
}

// WithRequest returns a context for the request's work. What is noted of it there no log tells.
func WithRequest(ctx context.Context, r Request) context.Context {
	return &record{Context: ctx, request: r}
}

// RequestFrom returns the request that ctx works for; the zero Request where there is none.
func RequestFrom(ctx context.Context) Request {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		return r.request
	}
	return Request{}
}

// Traceparent is the header (W3C Trace Context, section 3.2) for one call to a service where tracing is off: the request's trace, a span
// of its own. Empty where the request has no trace. The function of the same name knows when to use it.
func (r Request) Traceparent() string {
	if len(r.TraceID) != spanAt-1-traceAt {
		return ""
	}
	t := newTraceparent()
	copy(t[traceAt:spanAt-1], r.TraceID)
	var span [8]byte
	_, _ = rand.Read(span[:]) // crypto/rand.Read never fails (its documentation)
	hex.Encode(t[spanAt:], span[:])
	return t.text(r.Sampled)
}

// NewID returns n random bytes in lower-case hex.
func NewID(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand.Read never fails (its documentation)
	return hex.EncodeToString(b)
}
