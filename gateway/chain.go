package gateway

import (
	"net/http"
	"slices"

	"tiffin/gateway/auth"
	"tiffin/gateway/client"
	"tiffin/gateway/compress"
	"tiffin/gateway/cors"
	"tiffin/gateway/ratelimit"
	"tiffin/gateway/shed"
)

// position is one place of the chain: what it is called, and how it wraps what comes after it.
type position struct {
	name string
	wrap func(next http.Handler) http.Handler
}

// chain is what every request passes, outermost first. What costs least, and what everything below relies on, comes first; GraphQL's
// own order (operation, authorize, execute) is in transport.HTTP.
func (g *Gateway) chain() []position {
	return []position{
		{"recover", g.recover},     // nothing below may panic past us
		{"telemetry", g.telemetry}, // every request is seen, the refused ones too; request id and traceparent in and out
		{"cors", g.cors},           // preflights carry no token and go no further; a page can read refusals too
		{"compress", g.compress},   // whole answers, those of the positions below among them
		{"door", g.door},           // a hard cap on requests in flight
		{"address", g.address},     // requests per client address: cheap, before any signature is verified
		{"version", g.versions},    // clients that are too old hear so before they sign in
		{"body", g.boundBody},      // cap bytes before anyone reads them
		{"auth", g.authenticate},   // token, API key or certificate → Principal; anonymous passes, a bad credential does not
		{"bodies", g.bodies},       // long bodies wait for one another, unread
		{"locale", g.locale},       // negotiated once, for services and caches alike
	}
}

// wrap builds the chain round the handler, from the inside out.
func wrap(chain []position, handler http.Handler) http.Handler {
	for _, p := range slices.Backward(chain) {
		handler = p.wrap(handler)
	}
	return handler
}

func (g *Gateway) telemetry(next http.Handler) http.Handler {
	return g.deps.Telemetry.Requests(g.deps.Logger, next)
}

func (g *Gateway) cors(next http.Handler) http.Handler { return cors.Handler(g.cfg.CORS, next) }

func (g *Gateway) compress(next http.Handler) http.Handler {
	return compress.Handler(g.cfg.Compression, next)
}

func (g *Gateway) door(next http.Handler) http.Handler { return shed.Door(g.cfg.Shed, next) }

func (g *Gateway) bodies(next http.Handler) http.Handler { return shed.Bodies(g.cfg.Shed, next) }

func (g *Gateway) address(next http.Handler) http.Handler {
	return ratelimit.Addresses(g.cfg.RateLimit, next)
}

func (g *Gateway) versions(next http.Handler) http.Handler {
	return client.Versions(g.cfg.Clients, next)
}

func (g *Gateway) authenticate(next http.Handler) http.Handler {
	return auth.Authenticate(g.deps.Verifier, next)
}
