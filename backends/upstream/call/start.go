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

// RoundTrip passes req on with a Call of its own, also where its context carries the Call of another request. What goes on is a copy that
// belongs to the call: a position that nothing above has shown it to may give it another Header.
func (s *start) RoundTrip(req *http.Request) (*http.Response, error) {
	kind := s.cfg.kind(req)
	c := &carrier{Context: req.Context()}
	c.call.kind, c.call.Idempotent = kind, kind == Read || kind == KeyedWrite && s.cfg.HonoursKeys
	c.request = *req.WithContext(c) // it has the request's inside
	return s.next.RoundTrip(&c.request)
}

// carrier is a Call with the context that carries it and the request that has that: one allocation for all.
type carrier struct {
	context.Context //nolint:containedctx // it is one

	call    Call
	request http.Request
}

func (c *carrier) Value(key any) any {
	if key == (contextKey{}) {
		return &c.call
	}
	return c.Context.Value(key)
}
