// Package upstream reaches one backend service: it is the [http.RoundTripper] under a service's typed client. The client addresses
// http://<service>/path; here the request gets an instance, a time-out and the headers of the work it belongs to.
//
//	backends/<service> ── Upstream ── http.Transport ── instances
//
// First, small version: static instances in turn, one attempt per call.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"tiffin/identity"
	"tiffin/telemetry"
)

// Bounds of the connections to one service.
const (
	// maxIdlePerInstance connections are kept open to each instance; with fewer a burst would open and close them all the time.
	maxIdlePerInstance = 128
	// idleTimeout is shorter than the keep-alive of common servers, so that it is mostly us who closes.
	idleTimeout = 30 * time.Second
	// maxHeaderBytes bounds the head of an answer; bodies are bounded where they are read.
	maxHeaderBytes = 64 << 10
)

// Deps are the collaborators of an Upstream.
type Deps struct {
	// Dial opens a connection; a [net.Dialer] where it is nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Upstream is an [http.RoundTripper] to the instances of one service. It is safe for concurrent use. It follows no redirects and uses
// no proxy.
type Upstream struct {
	instances []instance
	next      atomic.Uint64
	timeouts  timeouts
	transport *http.Transport
}

// New returns an Upstream, or all of [Config.Validate]'s problems in one error. It opens no connection yet.
func New(cfg Config, deps Deps) (*Upstream, error) {
	var problems []error
	for _, problem := range cfg.Validate() {
		problems = append(problems, problem)
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	instances, _ := parseURL(cfg.URL) // Validate had no problem with it
	return &Upstream{instances: instances, timeouts: cfg.timeouts(), transport: newTransport(deps.Dial, cfg.AttemptTimeout)}, nil
}

// dialer opens a connection.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

func newTransport(dial dialer, timeout time.Duration) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &http.Transport{
		DialContext:            dial.within(timeout),
		TLSHandshakeTimeout:    timeout,
		ForceAttemptHTTP2:      true, // with https; a DialContext turns it off otherwise
		MaxIdleConnsPerHost:    maxIdlePerInstance,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true, // the services are near, CPU is dearer than bytes
	}
}

// within bounds the dialling by itself: net/http lets it go on without the call that asked for it, so that the next call can have the
// connection.
func (d dialer) within(timeout time.Duration) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return d(ctx, network, addr)
	}
}

// RoundTrip sends the request to the next instance. The time-out, min(our own, what ctx has left), covers the exchange and the reading
// of the body; errors then wrap [context.DeadlineExceeded]. When the caller cancels they wrap [context.Canceled]. The caller closes the
// answer's body.
func (u *Upstream) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), u.timeouts.of(req))
	to := u.pick()
	res, err := u.transport.RoundTrip(to.address(outgoing(ctx, req)))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("instance %s: %w", to.host, err)
	}
	res.Body = &body{res.Body, cancel}
	return res, nil
}

// Close closes the idle connections. Those in use close when their answers have been read.
func (u *Upstream) Close() { u.transport.CloseIdleConnections() }

// pick takes the instances in turn.
func (u *Upstream) pick() instance {
	return u.instances[(u.next.Add(1)-1)%uint64(len(u.instances))]
}

// outgoing is the request as the service sees it: the client's own headers and those of the work it belongs to. Nothing of the
// request that came in to the gateway is in either, but what is listed here.
func outgoing(ctx context.Context, req *http.Request) *http.Request {
	out := req.Clone(ctx)
	work := telemetry.RequestFrom(ctx)
	for _, header := range [...]struct{ name, value string }{
		{"User-Agent", "tiffin"},
		{"X-Request-Id", work.ID},
		{"Traceparent", work.Traceparent()},
		{"Accept-Language", identity.Locale(ctx)},
	} {
		if header.value != "" {
			out.Header.Set(header.name, header.value)
		}
	}
	return out
}

// body ends the call's time-out when it is closed.
type body struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *body) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

var _ http.RoundTripper = (*Upstream)(nil)
