// Package telemetry carries what makes a request traceable, and reports it.
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
	// Sampled is the flag of the traceparent that came in; true where none did.
	Sampled bool
}

type requestKey struct{}

// WithRequest returns a context for the request's work.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom returns the request that ctx works for; the zero Request where there is none.
func RequestFrom(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}

// Traceparent is the header (W3C Trace Context, section 3.2) for one call to a service: the request's trace, a span of its own.
// Empty where the request has no trace.
func (r Request) Traceparent() string {
	if r.TraceID == "" {
		return ""
	}
	flags := "00"
	if r.Sampled {
		flags = "01"
	}
	return "00-" + r.TraceID + "-" + NewID(8) + "-" + flags
}

// NewID returns n random bytes in lower-case hex.
func NewID(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand.Read never fails (its documentation)
	return hex.EncodeToString(b)
}
