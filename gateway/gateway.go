package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/fault"
	"tiffin/gateway/assets"
	"tiffin/gateway/auth"
	"tiffin/gateway/operation"
	"tiffin/gateway/operation/limits"
	"tiffin/gateway/persisted"
	"tiffin/gateway/ratelimit"
	"tiffin/gateway/transport"
	"tiffin/internal/kv/link"
	"tiffin/telemetry"
)

// Deps are a Gateway's collaborators.
type Deps struct {
	// Schema is executed. Its @authenticated and @requiresScopes are auth.Authenticated and auth.RequiresScopes.
	Schema graphql.ExecutableSchema
	// Verifier judges bearer tokens; nil for a gateway whose callers are all anonymous: a token is then refused.
	Verifier *auth.Verifier
	// Forward is what of a client's request services can be told.
	Forward Forward
	// Assets serves the services' static resources at assets.Path; nil for none.
	Assets http.Handler
	// GraphiQL is served at / and below; nil in production.
	GraphiQL http.Handler
	// PerResponse makes the context that one response is executed in, such as one with dataloaders of its own; nil for none.
	PerResponse func(context.Context) context.Context
	// Replays reports whether a root field, by its coordinate, has answered its caller these arguments before and would only do so again:
	// then it is answered although the field's rate limit is used up. See ratelimit.QuotaDeps; nil for a schema without such fields.
	Replays func(ctx context.Context, field string, args map[string]any) bool
	// OnExceeded is told of each limit that an operation exceeds and that is only measured; nil for a line in the log. It must not block.
	OnExceeded func(context.Context, limits.Exceeded)
	// Links are the process's to Redis; nil: the rate limit and the documents have each their own.
	Links *link.Links
	// Dial reaches, where there are no Links, the Redis of Config.RateLimit and of Config.Persisted; a net.Dialer where it is nil.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Telemetry counts requests and makes them spans; nil for neither.
	Telemetry *telemetry.Telemetry
	Logger    *slog.Logger
}

// Gateway is the edge as one http.Handler. It starts nothing, and is safe for concurrent use.
type Gateway struct {
	cfg      Config
	deps     Deps
	pipeline *operation.Pipeline
	limiter  *ratelimit.Limiter
	// documents can be named.
	documents *persisted.Documents
	handler   http.Handler
	panics    atomic.Uint64
}

// New builds the edge. Its error joins every fault.Invalid of the Config, else every one that the schema makes of it.
func New(cfg Config, deps Deps) (*Gateway, error) {
	if err := invalid(cfg.Validate()); err != nil {
		return nil, err
	}
	if err := invalid(cfg.validateFor(deps.Schema.Schema())); err != nil {
		return nil, err
	}
	if deps.Verifier == nil {
		deps.Verifier = auth.NewVerifier(auth.Config{}, auth.Deps{})
	}
	g := &Gateway{cfg: cfg.WithDefaults(), deps: deps}
	var err error
	if g.documents, err = persisted.New(g.cfg.Persisted, persisted.Deps{Links: deps.Links, Dial: deps.Dial, Logger: deps.Logger}); err != nil {
		return nil, fmt.Errorf("persisted: %w", err)
	}
	g.pipeline = operation.New(g.cfg.Operation, operation.Deps{
		Schema: deps.Schema, Persisted: g.documents, PerResponse: deps.PerResponse, OnExceeded: deps.OnExceeded, Logger: deps.Logger,
	})
	g.limiter = ratelimit.NewLimiter(g.cfg.RateLimit, ratelimit.Deps{Links: deps.Links, Dial: deps.Dial, Away: g.redisAway})
	g.handler = wrap(g.chain(), g.routes())
	return g, nil
}

func invalid(problems []fault.Invalid) error {
	errs := make([]error, len(problems))
	for n, p := range problems {
		errs[n] = p
	}
	return errors.Join(errs...)
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.handler.ServeHTTP(w, r) }

// Run follows the file of trusted documents until ctx ends. Without it the documents are those of the start.
func (g *Gateway) Run(ctx context.Context) { g.documents.Run(ctx) }

// Close ends the connections to Redis; without one there is nothing to do. The Gateway serves on, counting by itself.
func (g *Gateway) Close() error { return errors.Join(g.limiter.Close(), g.documents.Close()) }

// Panics counts the panics since the start, all of them answered: those of resolvers and those of the edge itself.
func (g *Gateway) Panics() uint64 { return g.panics.Load() + g.pipeline.Panics() }

// routes is the end of the chain.
func (g *Gateway) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(g.cfg.Path, g.forward(transport.New(g.cfg.Transport, transport.Deps{Pipeline: g.pipeline, Gates: g.gates()})))
	if g.deps.Assets != nil {
		mux.Handle(assets.Path, g.deps.Assets)
	}
	if g.deps.GraphiQL != nil {
		mux.Handle("/", g.deps.GraphiQL)
	}
	return mux
}
