package call

import (
	"context"
	"net/http"
)

// Start returns the outermost position of a chain: it makes the [Call] of each request.
func Start(cfg Config, next http.RoundTripper) http.RoundTripper {
	return &start{cfg, next}
}

type start struct {
	cfg  Config
	next http.RoundTripper
}

// RoundTrip passes req on with a Call of its own, also where its context carries the Call of another request.
func (s *start) RoundTrip(req *http.Request) (*http.Response, error) {
	kind := s.cfg.kind(req)
	c := &carrier{Context: req.Context()}
	c.call.kind, c.call.Idempotent = kind, kind == Read || kind == KeyedWrite && s.cfg.HonoursKeys
	return s.next.RoundTrip(req.WithContext(c)) // it has the request's inside
}

// carrier is a Call with the context that carries it: one allocation for both.
type carrier struct {
	context.Context //nolint:containedctx // it is one

	call Call
}

func (c *carrier) Value(key any) any {
	if key == (contextKey{}) {
		return &c.call
	}
	return c.Context.Value(key)
}
