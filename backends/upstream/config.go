package upstream

import (
	"fmt"
	"slices"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/credential"
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
	return Config{Identity: credential.Defaults(), Balance: balance.Defaults(), Health: health.Defaults(), Resilience: resilience.Defaults(), Cache: cache.Defaults()}
}

// Validate reports every problem; none where New accepts the Config.
func (c Config) Validate() []fault.Invalid {
	_, problems := newSource(c.URL, nil)
	c.Cache.Service = "service" // which one makes no difference to the rest
	c.Cache.Forwarded = c.Identity.Tells()
	return slices.Concat(problems,
		fault.Under("calls", c.Calls.Validate()),
		fault.Under("balance", c.Balance.Validate()),
		fault.Under("health", c.Health.Validate()),
		fault.Under("resilience", c.Resilience.Validate()),
		fault.Under("identity", c.Identity.Validate()),
		fault.Under("cache", c.Cache.Validate()),
		fault.Under("cache", c.exchanged()),
	)
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
