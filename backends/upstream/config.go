package upstream

import (
	"slices"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
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
	// Cache says which answers may be used again, and for whom.
	Cache cache.Config `yaml:"cache"`
}

// Defaults returns a Config that lacks only the URL.
func Defaults() Config {
	return Config{Balance: balance.Defaults(), Health: health.Defaults(), Resilience: resilience.Defaults(), Cache: cache.Defaults()}
}

// Validate reports every problem; none where New accepts the Config.
func (c Config) Validate() []fault.Invalid {
	_, problems := newSource(c.URL, nil)
	c.Cache.Service = "service" // which one makes no difference to the rest
	return slices.Concat(problems,
		fault.Under("calls", c.Calls.Validate()),
		fault.Under("balance", c.Balance.Validate()),
		fault.Under("health", c.Health.Validate()),
		fault.Under("resilience", c.Resilience.Validate()),
		fault.Under("cache", c.Cache.Validate()),
	)
}
