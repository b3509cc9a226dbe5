package upstream

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/certs"
	"tiffin/backends/upstream/credential"
	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/health"
	"tiffin/backends/upstream/resilience"
	"tiffin/fault"
)

// Config says where a service is and how it is spoken to.
type Config struct {
	// URL says who knows the instances: "http://10.0.0.1:8100,10.0.0.2:8100/v1" lists them; file, dns, dns+srv, consul and kubernetes ask
	// (see [discovery.ParseTarget] and the providers). No default.
	URL string `yaml:"url"`
	// Mesh is for a service behind a sidecar that balances and retries by itself: one endpoint, deadlines only. Two layers of retries
	// multiply [false].
	Mesh bool `yaml:"mesh"`
	// IdleTimeout is how long a connection waits for another call. It is to be shorter than the keep-alive of the service, so that it is
	// mostly us who closes: a call that meets a connection in the moment it is closed fails, and a write without a key is not repeated [30s].
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// TLS says by what instances are known that are spoken to by https, and this gateway to them.
	TLS certs.Config `yaml:"tls"`
	// Calls says what is known of the service's requests beyond HTTP.
	Calls call.Config `yaml:"calls"`
	// Balance says which instance gets an attempt.
	Balance balance.Config `yaml:"balance"`
	// Health says how an instance's health is known.
	Health health.Config `yaml:"health"`
	// Resilience says how long, how often and how many at once.
	Resilience resilience.Config `yaml:"resilience"`
	// Identity says what the service is told of who asks.
	Identity credential.Config `yaml:"identity"`
	// Cache says which answers may be used again, and for whom.
	Cache cache.Config `yaml:"cache"`
}

// Defaults returns a Config that lacks only the URL.
func Defaults() Config {
	return Config{IdleTimeout: 30 * time.Second, Identity: credential.Defaults(), Balance: balance.Defaults(), Health: health.Defaults(), Resilience: resilience.Defaults(), Cache: cache.Defaults()}
}

// Bounds of what can be configured.
const (
	minIdle = 100 * time.Millisecond
	maxIdle = 10 * time.Minute
)

// Validate reports every problem; none where New accepts the Config.
func (c Config) Validate() []fault.Invalid {
	source, problems := newSource(c.URL, nil)
	c.Cache.Service = "service" // which one makes no difference to the rest
	c.Cache.Forwarded = c.Identity.Tells()
	if c.IdleTimeout < minIdle || c.IdleTimeout > maxIdle {
		problems = append(problems, fault.Invalid{Path: "idle_timeout", Reason: fmt.Sprintf("is not %s to %s", minIdle, maxIdle), Remedy: `write one such as "30s"`})
	}
	if c.TLS != (certs.Config{}) && source.Scheme == "http" {
		problems = append(problems, fault.Invalid{
			Path: "tls", Reason: "has no effect with a url that says http: nothing is encrypted there, and nobody proves who they are",
			Remedy: "begin the url with https:// (dns, dns+srv, file, consul and kubernetes: add scheme=https), or leave tls out",
		})
	}
	return slices.Concat(problems,
		fault.Under("tls", c.TLS.Validate()),
		fault.Under("calls", c.Calls.Validate()),
		fault.Under("balance", c.Balance.Validate()),
		fault.Under("health", c.Health.Validate()),
		fault.Under("resilience", c.Resilience.Validate()),
		fault.Under("identity", c.Identity.Validate()),
		fault.Under("cache", c.Cache.Validate()),
		fault.Under("cache", c.exchanged()),
		c.alone(source.Provider),
	)
}

// alone refuses what a sidecar does by itself, and what would need more than the one endpoint that it is.
func (c Config) alone(instances discovery.URL) []fault.Invalid {
	if !c.Mesh {
		return nil
	}
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	report(strings.Contains(instances.Host, ","), "mesh", "is for one endpoint, and the url lists several", "give the sidecar's address, or write mesh: false")
	report(c.Health.Active.Path != "", "health.active.path", "has no effect with mesh", "leave it out: the sidecar checks")
	report(c.Resilience.Hedge != resilience.HedgeConfig{}, "resilience.hedge", "has no effect with mesh", "leave it out: the sidecar repeats")
	return problems
}

// exchanged refuses public routes where every caller has a token of their own that the cache does not see: it is fetched below.
func (c Config) exchanged() []fault.Invalid {
	var problems []fault.Invalid
	for n, route := range c.Cache.Routes {
		if c.Identity.Credential == credential.Exchange && route.Scope != cache.Private {
			problems = append(problems, fault.Invalid{
				Path:   fmt.Sprintf("routes[%d].scope", n),
				Reason: "is public, but the service is told who the caller is by token exchange: one caller could be served another's answer",
				Remedy: "make the scope private",
			})
		}
	}
	return problems
}

// keyed is the cache's configuration, for which it counts what the service is told of the caller: what can make answers differ is part of
// the key of private routes, too, for there a caller can say different things at different times.
func (c Config) keyed() cache.Config {
	kept := c.Cache
	kept.Forwarded = c.Identity.Tells()
	kept.Routes = slices.Clone(kept.Routes)
	for n := range kept.Routes {
		if route := &kept.Routes[n]; route.Scope == cache.Private {
			route.KeyHeaders = slices.Concat(route.KeyHeaders, c.Identity.Forward)
		}
	}
	return kept
}
