// Package app is the program as a value: New builds the gateway from its configuration, Run serves until it is told to end. It is the
// one place where the edge, the graph and the network meet, and the only wiring.
package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"tiffin/backends/upstream"
	"tiffin/backends/upstream/observe"
	"tiffin/backends/upstream/status"
	"tiffin/checkout"
	orderobserve "tiffin/checkout/observe"
	"tiffin/gateway"
	"tiffin/gateway/admin"
	"tiffin/gateway/assets"
	"tiffin/gateway/auth"
	"tiffin/gateway/certs"
	"tiffin/internal/kv"
	"tiffin/internal/kv/link"
	"tiffin/resolvers"
	"tiffin/resolvers/loaders"
	"tiffin/telemetry"
	"tiffin/web"
)

// Deps are what the program touches the world with. Tests give it a network in memory.
type Deps struct {
	// Log takes the log lines.
	Log io.Writer
	// Version is what the program calls itself.
	Version string
	// OnReady is called once both addresses are listened on; nil for nobody.
	OnReady func(Addresses)
	// Listen opens a listener; a [net.ListenConfig] where it is nil.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
	// Dial opens a connection to a service or an issuer; a [net.Dialer] where it is nil.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (d Deps) withDefaults() Deps {
	if d.OnReady == nil {
		d.OnReady = func(Addresses) {}
	}
	if d.Listen == nil {
		d.Listen = (&net.ListenConfig{}).Listen
	}
	if d.Dial == nil {
		d.Dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return d
}

// Bounds of talking to an issuer; a service's client has bounds of its own.
const (
	// dialTimeout bounds connecting, and the wait for the head of an answer.
	dialTimeout = 5 * time.Second
	// issuerIdle is how long a connection waits for the next question. They are minutes apart: what stands on the way forgets an idle one
	// sooner, and net/http does not ask a second time for a token.
	issuerIdle = 30 * time.Second
	// issuerHeader bounds the head of an answer, in bytes.
	issuerHeader = 64 << 10
)

// newIssuers is what reaches those who give tokens and keys.
func newIssuers(deps Deps) *http.Transport {
	return &http.Transport{
		DialContext: deps.Dial, TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: dialTimeout,
		IdleConnTimeout: issuerIdle, MaxResponseHeaderBytes: issuerHeader,
	}
}

// App is a gateway that can run once.
type App struct {
	cfg       Config
	deps      Deps
	log       *slog.Logger
	level     slog.LevelVar
	clients   clients
	telemetry *telemetry.Telemetry
	journal   *orderJournal
	flow      *checkout.Flow
	census    *orderobserve.Census
	edge      *gateway.Gateway
	verifier  *auth.Verifier
	apiKeys   []byte       // the file of API keys as it was read last
	certs     *certs.Store // nil for plain HTTP
	state     *admin.State
	public    *http.Server
	operator  *http.Server
	issuers   *http.Transport
	// answers are those of services that are kept, in memory and perhaps in Redis.
	answers *kv.Store
	// redis are the links to the Redis of the answers and of the rate limit, which may be the same.
	redis *link.Links
}

// New builds a gateway from a valid configuration. It starts nothing and asks nobody: services may be down.
func New(cfg Config, deps Deps) (*App, error) {
	a := &App{cfg: cfg, deps: deps.withDefaults(), state: &admin.State{}}
	a.log = logger(cfg.Log, deps.Log, &a.level)
	a.issuers = newIssuers(a.deps)
	var err error
	if a.telemetry, err = telemetry.New(cfg.Telemetry, telemetry.Deps{Logger: a.log, Version: deps.Version, Services: cfg.Services.blamed()}); err != nil {
		return nil, err
	}
	a.redis = link.NewLinks(link.Deps{Dial: deps.Dial})
	if a.answers, err = kv.New(cfg.Cache, kv.Deps{Links: a.redis, Away: a.cacheAway, Failed: a.cacheFailed}); err != nil {
		return nil, err
	}
	a.telemetry.Registry().MustRegister(telemetry.Redis(a.redisState)...)
	watch := observe.Deps{Metrics: observe.NewMetrics(a.telemetry.Registry()), Tracer: a.telemetry.Tracer(), Logger: a.log}
	if a.clients, err = newClients(cfg.Services, upstream.Deps{Dial: deps.Dial, Issuers: a.issuers, Store: a.answers}, watch); err != nil {
		return nil, err
	}
	a.telemetry.Registry().MustRegister(status.Collector(a.clients.status))
	if err := a.newCheckout(); err != nil {
		return nil, err
	}
	if err := a.newAuth(); err != nil {
		return nil, err
	}
	a.edge, err = gateway.New(cfg.edge(), gateway.Deps{
		Schema:      newSchema(a.clients, a.flow),
		Verifier:    a.verifier,
		Forward:     cfg.Services.forward(),
		Assets:      assets.New(a.clients.assets(cfg.Services)),
		GraphiQL:    a.graphiQL(),
		PerResponse: loaders.WithSet,
		Replays:     resolvers.Replays(a.flow),
		Links:       a.redis,
		Dial:        deps.Dial,
		Telemetry:   a.telemetry,
		Logger:      a.log,
	})
	if err != nil {
		return nil, err
	}
	a.telemetry.Panics(a.edge.Panics)
	a.public = gateway.Server(cfg.Server, a.edge, a.log)
	a.operator = gateway.Server(cfg.Server, admin.Handler(a.state, append(slices.Concat(a.orderRoutes(), admin.Profiles(), admin.LogLevel(&a.level, a.log)),
		admin.Route{Pattern: "GET /metrics", Handler: a.telemetry.Metrics()},
		admin.Route{Pattern: "GET /upstreams", Handler: status.Handler(a.clients.status)},
		admin.Route{Pattern: "POST /invalidate", Handler: http.HandlerFunc(a.invalidate)},
	)...), a.log)
	return a, nil
}

// newAuth builds what tells who asks, and the TLS that it can go by.
func (a *App) newAuth() (err error) {
	a.verifier = auth.NewVerifier(a.cfg.Auth, auth.Deps{Transport: a.issuers, Away: a.issuerAway})
	if a.cfg.Auth.APIKeys.File != "" {
		if _, err := a.loadAPIKeys(); err != nil {
			return err
		}
	}
	if a.cfg.TLS.Enabled() {
		a.certs, err = certs.New(a.cfg.TLS)
	}
	return err
}

// issuerAway logs a change, not every question that fails.
func (a *App) issuerAway(issuer string, cause error) {
	if cause != nil {
		a.log.Warn("an issuer cannot be asked: tokens are judged by what is known", "issuer", issuer, "error", cause)
		return
	}
	a.log.Info("an issuer can be asked again", "issuer", issuer)
}

// newCheckout builds what takes orders.
func (a *App) newCheckout() (err error) {
	cfg := a.cfg.Checkout
	if cfg.Secrets, err = cfg.secrets(); err != nil {
		return err
	}
	if a.journal, err = newJournal(cfg.Journal, cfg.Secrets, a.deps, a.log); err != nil {
		return err
	}
	cfg.Promises = a.cfg.Services.promises()
	a.flow = newFlow(cfg.Config, a.clients, a.journal, orderobserve.NewEvents(a.telemetry.Registry()), a.orderChanged, a.log)
	a.census = orderobserve.NewCensus(orderobserve.CensusConfig{Every: cfg.SweepEvery}, orderobserve.CensusDeps{Keeper: a.journal.driver})
	a.telemetry.Registry().MustRegister(a.census)
	a.state.Notes = a.journal.notes
	return nil
}

// edge is the edge's configuration in this mode: development shows developers what production keeps from strangers.
func (c Config) edge() gateway.Config {
	development := c.Mode == Development
	c.Edge.Operation.Introspection = c.Edge.Operation.Introspection || development
	c.Edge.Operation.Suggestions = c.Edge.Operation.Suggestions || development
	c.Edge.Transport.AllowSimpleGET = c.Edge.Transport.AllowSimpleGET || development
	return c.Edge
}

// graphiQL is the page at /; nil outside development.
func (a *App) graphiQL() http.Handler {
	if a.cfg.Mode != Development {
		return nil
	}
	page := web.Config{GraphQLPath: a.cfg.edge().Path, TokenURL: a.cfg.GraphiQL.TokenURL}
	for _, user := range a.cfg.GraphiQL.Users {
		page.Users = append(page.Users, web.User{Name: user.Name, About: user.About})
	}
	return web.New(page, web.Deps{Transport: a.issuers})
}

// logger writes what is at or above level, which is set to the configured one.
func logger(cfg LogConfig, to io.Writer, level *slog.LevelVar) *slog.Logger {
	if to == nil {
		to = io.Discard
	}
	_ = level.UnmarshalText([]byte(cfg.Level)) // Validate knows the levels
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "text" {
		return slog.New(slog.NewTextHandler(to, options))
	}
	return slog.New(slog.NewJSONHandler(to, options))
}
