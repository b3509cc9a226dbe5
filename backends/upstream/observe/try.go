package observe

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"tiffin/backends/upstream/call"
	"tiffin/internal/scope"
	"tiffin/telemetry"
)

// Try returns what attempts send to, over the transport. Per attempt it has one duration, by status class and outcome, and one
// span with the instance, the status and the attempt's number. The attempt ends with the last byte of the answer's body, with an error
// while it is read, or with its closing.
//
// Where the call is recorded the instance is sent a Traceparent that names the attempt's span, so that each attempt is seen under its own;
// otherwise the attempt has no span and the header stays as the positions above made it, by [telemetry.Traceparent].
func (s *Service) Try(next http.RoundTripper) http.RoundTripper {
	if s == nil {
		return next
	}
	return &tries{s, next}
}

type tries struct {
	service *Service
	next    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (p *tries) RoundTrip(req *http.Request) (*http.Response, error) {
	x := &exchange{service: p.service, began: time.Now(), req: req}
	var out *http.Request
	out, x.span = p.start(req)
	res, err := p.next.RoundTrip(out)
	if err != nil {
		x.end(err)
		return nil, err
	}
	x.status = res.StatusCode
	if res.Body == http.NoBody {
		x.end(nil)
		return res, nil
	}
	x.body, res.Body = res.Body, x
	return res, nil
}

// start begins the attempt's span, and returns the request as its work.
func (p *tries) start(req *http.Request) (*http.Request, trace.Span) {
	if p.service.tracer == nil || !trace.SpanFromContext(req.Context()).IsRecording() {
		return req, p.service.noSpan
	}
	ctx, span := p.service.tracer.Start(req.Context(), p.service.tryName, p.service.client...) //nolint:spancheck // exchange.end does
	out := req.WithContext(scope.Following(req.Context(), ctx))
	out.Header = withTraceparent(ctx, req.Header)
	return out, span //nolint:spancheck // exchange.end does
}

// withTraceparent returns a copy of header, whose values are shared, with that of ctx: other attempts have the same header.
func withTraceparent(ctx context.Context, header http.Header) http.Header {
	out := make(http.Header, len(header)+1)
	maps.Copy(out, header)
	out[telemetry.TraceparentHeader] = []string{telemetry.Traceparent(ctx)}
	return out
}

// exchange is one attempt, and the body of its answer.
type exchange struct {
	service *Service
	req     *http.Request // as it came: its context is not the span's
	span    trace.Span
	began   time.Time
	status  int // 0: no answer yet
	body    io.ReadCloser
	ended   atomic.Bool
}

// Read implements io.Reader.
func (x *exchange) Read(p []byte) (int, error) {
	n, err := x.body.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		x.end(nil)
	case err != nil:
		x.end(err)
	}
	return n, err //nolint:wrapcheck // it is the body's
}

// Close implements io.Closer.
func (x *exchange) Close() error {
	defer x.end(nil)
	return x.body.Close()
}

// end reports the attempt, once.
func (x *exchange) end(err error) {
	if x.ended.Swap(true) {
		return
	}
	took, o := time.Since(x.began), judge(x.req.Context(), x.status, err)
	series := x.service.attempts[min(max(x.status/100, 0), classes-1)][o]
	telemetry.Observe(series(), took, x.span.SpanContext())
	if x.span.IsRecording() {
		x.describe(o, err)
	}
	x.span.End()
}

// describe uses the words of OpenTelemetry's semantic conventions for HTTP clients.
func (x *exchange) describe(o outcome, err error) {
	number := call.From(x.req.Context()).Attempts()
	x.span.SetAttributes(
		x.service.peer, attribute.String("http.request.method", x.req.Method),
		attribute.Int("http.response.status_code", x.status), attribute.Int("http.request.resend_count", max(number-1, 0)),
		attribute.String("tiffin.outcome", o.String()),
	)
	x.span.SetAttributes(address(x.req.URL.Host)...)
	fail(x.span, o, err)
}

// address is the instance.
func address(host string) []attribute.KeyValue {
	name, text, err := net.SplitHostPort(host)
	if err != nil {
		return []attribute.KeyValue{attribute.String("server.address", host)}
	}
	port, _ := strconv.Atoi(text)
	return []attribute.KeyValue{attribute.String("server.address", name), attribute.Int("server.port", port)}
}
