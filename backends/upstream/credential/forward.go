package credential

import (
	"context"
	"net/http"

	"tiffin/identity"
)

// Forwarded sets the headers by which the service is told of the caller of ctx what the cache above it has to know as well: those that are
// listed, and the caller's own token.
func (c Config) Forwarded(ctx context.Context, header http.Header) {
	if len(c.Forward) > 0 {
		presented := identity.Header(ctx)
		for _, name := range c.Forward {
			name = http.CanonicalHeaderKey(name)
			if values := presented[name]; len(values) > 0 {
				header[name] = values
			}
		}
	}
	if c.Credential == Token {
		if token := identity.Token(ctx); token != "" {
			header.Set("Authorization", "Bearer "+token)
		}
	}
}
