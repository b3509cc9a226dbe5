package transport

import (
	"context"
	"maps"
	"net/http"
	"sync"
)

// headers collects what resolvers want to say in the answer's header, from any goroutine.
type headers struct {
	mu  sync.Mutex
	set http.Header
}

// notes are what resolvers tell of the answer while they work for it. It is the context in which they do.
type notes struct {
	context.Context //nolint:containedctx // it is one

	headers headers
	stale   staleFields
}

type headersKey struct{}

// Value implements context.Context.
func (n *notes) Value(key any) any {
	if key == any(headersKey{}) {
		return &n.headers
	}
	return n.Context.Value(key)
}

// SetHeader gives the answer of the operation that ctx works for a header, in place of one with the same name. It does nothing
// outside of an operation, nor after the operation's answer was begun.
func SetHeader(ctx context.Context, name, value string) {
	if h, ok := ctx.Value(headersKey{}).(*headers); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.set == nil {
			h.set = http.Header{}
		}
		h.set.Set(name, value)
	}
}

func (h *headers) copyTo(answer http.Header) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.Copy(answer, h.set)
}
