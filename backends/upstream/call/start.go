package call

import (
	"net/http"
	"time"
)

// Start returns the chain whose first position is next. It makes the [Call] of each request, also where the request's context carries that of
// another one.
func Start(cfg Config, next Position) http.RoundTripper { return &start{cfg, next} }

type start struct {
	cfg  Config
	next Position
}

// RoundTrip implements [http.RoundTripper].
func (s *start) RoundTrip(req *http.Request) (*http.Response, error) {
	kind := s.cfg.kind(req)
	c := &Call{kind: kind, Idempotent: kind == Read || kind == KeyedWrite && s.cfg.HonoursKeys, Began: time.Now()}
	return s.next.Do(Trip{Call: c, Context: req.Context(), Request: req, Header: req.Header})
}

// Over makes a position of what knows only net/http, for a place above the one that picks instances. Each request it gets is a copy, with the
// trip's header, and a context that carries the call: [From] finds it there.
func Over(transport http.RoundTripper) Position {
	return Func(func(t Trip) (*http.Response, error) {
		req := t.Request.WithContext(With(t.Context, t.Call))
		req.Header = t.Header
		return transport.RoundTrip(req)
	})
}

// Under is what a position below [Over] sends to: next goes on with the call that the request's context carries.
func Under(next Position) http.RoundTripper { return under{next} }

type under struct{ next Position }

func (u under) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	c := From(ctx)
	if c == nil {
		c = &Call{kind: Write}
	}
	return u.next.Do(Trip{Call: c, Context: ctx, Request: req, Header: req.Header, Waited: true})
}
