package balance

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"tiffin/backends/upstream/call"
)

// Target is how the instances of a service are spoken to.
type Target struct {
	// Scheme is "http" or "https".
	Scheme string
	// Base is put in front of each request's path: "" or "/v1".
	Base string
	// Host is the Host header; where it is empty, each instance is addressed by its own address.
	Host string
}

// TransportDeps are the collaborators of a Transport.
type TransportDeps struct {
	Set *Set
	// Next carries an attempt to the instance in its URL.Host. It returns when the exchange is over, the reading of the body included: until
	// then the attempt is in flight.
	Next http.RoundTripper
	// Observe is told how each attempt ended, after the Set; it may be nil.
	Observe func(*Instance, Outcome)
}

// Transport is the position of the client chain that gives each attempt its instance: one that this call, see package call, has not
// tried if there is one.
//
// An attempt fails its instance where Next returns an error, be it a deadline's, or the status is 5xx but 501. It does not where its
// context was cancelled: then the caller left, or another attempt won; nor where this process was late itself ([call.ErrLate]), nor where
// nothing was sent ([call.ErrNotSent]). A panic of Next counts as failure and goes on.
type Transport struct {
	target Target
	deps   TransportDeps
}

// NewTransport returns a Transport.
func NewTransport(target Target, deps TransportDeps) *Transport {
	if deps.Observe == nil {
		deps.Observe = func(*Instance, Outcome) {}
	}
	return &Transport{target, deps}
}

// RoundTrip sends a copy of req, addressed to an instance; the host in req's URL does not matter. Its own error is ErrNoInstance, with
// nothing sent; others are those of Next, as they are.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	current := call.From(ctx)
	lease, err := t.deps.Set.Pick(current.Tried(), t.deps.Set.key(req))
	if err != nil {
		closeBody(req)
		return nil, err
	}
	current.Begin(lease.addr)
	outcome := Failure
	defer func() {
		lease.Done(outcome)
		t.deps.Observe(lease.Instance, outcome)
	}()
	res, err := t.deps.Next.RoundTrip(t.target.address(req, lease.addr))
	outcome = judgeAttempt(ctx, res, err)
	return res, err
}

func judgeAttempt(ctx context.Context, res *http.Response, err error) Outcome {
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled), errors.Is(err, call.ErrLate):
		return Cancelled
	case errors.Is(err, call.ErrNotSent):
		return NotSent
	case err != nil, res.StatusCode >= 500 && res.StatusCode != http.StatusNotImplemented:
		return Failure
	}
	return Success
}

// addressed is a request with its URL: one allocation for both.
type addressed struct {
	request http.Request
	url     url.URL
}

// address returns a copy of req for the instance; req stays as it is. An escaped path stays as it was escaped.
func (t Target) address(req *http.Request, addr string) *http.Request {
	out := &addressed{*req, *req.URL}
	out.request.URL = &out.url
	out.request.Host = t.Host
	out.url.Scheme, out.url.Host = t.Scheme, addr
	if t.Base == "" {
		return &out.request
	}
	if out.url.RawPath != "" {
		out.url.RawPath = t.Base + out.url.RawPath
	}
	out.url.Path = t.Base + out.url.Path
	return &out.request
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // a RoundTripper closes it, also on errors
	}
}

// key is what ring_hash places the request by; other policies need none.
func (s *Set) key(req *http.Request) uint64 {
	if s.cfg.Policy != ringHash {
		return 0
	}
	if s.cfg.HashHeader != "" {
		if value := req.Header.Get(s.cfg.HashHeader); value != "" {
			return hash(value)
		}
	}
	return hash(req.URL.Path, "?", req.URL.RawQuery)
}

var _ http.RoundTripper = (*Transport)(nil)
