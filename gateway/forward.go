package gateway

import (
	"net/http"
	"strings"

	"tiffin/identity"
)

// Forward is what of a client's request services can be told: what is not in it does not even reach them. Its zero value is nothing.
type Forward struct {
	// Headers are names of headers.
	Headers []string
	// Token is whether the access token can be, of a caller who came with one that was good.
	Token bool
}

// forward puts what can be handed on into the context of GraphQL requests; static resources are fetched for nobody in particular.
func (g *Gateway) forward(next http.Handler) http.Handler {
	if len(g.deps.Forward.Headers) == 0 && !g.deps.Forward.Token {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if header := g.deps.Forward.of(r.Header); header != nil {
			ctx = identity.WithHeader(ctx, header)
		}
		if caller, known := identity.From(ctx); g.deps.Forward.Token && known && caller.Kind == identity.ByToken {
			_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ") // auth has read it
			ctx = identity.WithToken(ctx, strings.TrimLeft(token, " "))
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// of picks the headers that are listed.
func (f Forward) of(header http.Header) http.Header {
	var picked http.Header
	for _, name := range f.Headers {
		name = http.CanonicalHeaderKey(name)
		if values := header[name]; len(values) > 0 {
			if picked == nil {
				picked = http.Header{}
			}
			picked[name] = values
		}
	}
	return picked
}
