package ratelimit

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"tiffin/fault"
)

// Config says how much anybody may ask for. Its zero value, with the defaults filled in, is fit for production.
type Config struct {
	// Disabled switches all limits off [false].
	Disabled bool `yaml:"disabled"`
	// TrustedProxies are the networks (CIDR) of the load balancers in front: their X-Forwarded-For is believed, nobody else's [none].
	TrustedProxies []string `yaml:"trusted_proxies"`
	// MaxKeys is how many callers are told apart in memory, once for addresses and once for everything else; 16 bytes each [131072].
	// With more busy ones than that, those with the most left are forgotten.
	MaxKeys int `yaml:"max_keys"`
	// Address bounds the requests from one address, for IPv6 one /64, of whatever kind, before any credential is looked at [1000, 2ms].
	// It is counted in each gateway by itself.
	Address Limit `yaml:"address"`
	// User bounds the operations of one caller: a user, or an address where nobody has signed in [200, 20ms].
	User Limit `yaml:"user"`
	// Client bounds the operations of one application, by its client id, over all its users [disabled, 10000, 100µs].
	Client Limit `yaml:"client"`
	// Cost bounds what the operations of one caller cost in units: the estimate, corrected afterwards [50000, 500µs].
	Cost Limit `yaml:"cost"`
	// Operations bound one caller by operation name. Clients choose names: with documents that are not trusted, bound fields instead.
	Operations []OperationLimit `yaml:"operations"`
	// Fields bound one caller by root field. An alias counts by itself. A replay of an idempotency key does not count.
	Fields []FieldLimit `yaml:"fields"`
	// Classes are the limits of classes of callers, by the class's name: of API keys, of certificates. What a class does not say is as for
	// everybody [none].
	Classes map[string]Class `yaml:"classes"`
	// Redis is where several gateways count together.
	Redis RedisConfig `yaml:"redis"`
}

// OperationLimit is the limit of an operation, by its name.
type OperationLimit struct {
	Operation string `yaml:"operation"`
	Limit     `yaml:",inline"`
}

// FieldLimit is the limit of a root field, by its coordinate such as Mutation.placeOrder.
type FieldLimit struct {
	Field string `yaml:"field"`
	Limit `yaml:",inline"`
}

// RedisConfig is where several gateways count together.
type RedisConfig struct {
	// URL is "redis://user:password@host:6379/0", or "rediss" for TLS; empty for none [""].
	URL string `secret:"true" yaml:"url"`
	// Prefix is put in front of every key, after redis_rate's own "rate:" ["tiffin:"].
	Prefix string `yaml:"prefix"`
	// Gateways is how many gateways there are: while Redis is away each admits its share of every limit [2].
	Gateways int `yaml:"gateways"`
}

const (
	maxKeys     = 1 << 24
	maxGateways = 10000
	maxPrefix   = 64
)

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	if c.MaxKeys == 0 {
		c.MaxKeys = 128 << 10
	}
	c.Address = c.Address.or(Limit{Burst: 1000, Every: 2 * time.Millisecond})
	c.User = c.User.or(Limit{Burst: 200, Every: 20 * time.Millisecond})
	c.Client = c.Client.or(Limit{Disabled: true, Burst: 10000, Every: 100 * time.Microsecond})
	c.Cost = c.Cost.or(Limit{Burst: 50000, Every: 500 * time.Microsecond})
	if c.Redis.Prefix == "" {
		c.Redis.Prefix = "tiffin:"
	}
	if c.Redis.Gateways == 0 {
		c.Redis.Gateways = 2
	}
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	c = c.WithDefaults()
	problems := fault.Under("redis", c.Redis.validate())
	if c.MaxKeys < 1 || c.MaxKeys > maxKeys {
		problems = append(problems, fault.Invalid{Path: "max_keys", Reason: "is not between 1 and 16777216", Remedy: "write how many callers are told apart, such as 131072"})
	}
	for n, text := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(text); err != nil {
			problems = append(problems, fault.Invalid{
				Path: fmt.Sprintf("trusted_proxies[%d]", n), Reason: "is no network", Remedy: "write it as a CIDR, such as 10.0.0.0/8 or 2001:db8::/32",
			})
		}
	}
	for _, l := range []struct {
		path  string
		limit Limit
	}{{"address", c.Address}, {"user", c.User}, {"client", c.Client}, {"cost", c.Cost}} {
		problems = append(problems, fault.Under(l.path, l.limit.validate())...)
	}
	problems = append(problems, c.validateClasses()...)
	return append(problems, c.validateNamed()...)
}

// validateNamed looks at the limits that have names. A name is part of a header, and of what a rule is known by.
func (c Config) validateNamed() []fault.Invalid {
	var problems []fault.Invalid
	seen := map[string]bool{}
	report := func(path, key, name string, ok bool, limit Limit, remedy string) {
		if !ok {
			problems = append(problems, fault.Invalid{Path: path + "." + key, Reason: "is none", Remedy: remedy})
		}
		if seen[key+name] {
			problems = append(problems, fault.Invalid{Path: path + "." + key, Reason: "is limited above", Remedy: "list it once"})
		}
		seen[key+name] = true
		problems = append(problems, fault.Under(path, limit.validate())...)
	}
	for n, o := range c.Operations {
		report(fmt.Sprintf("operations[%d]", n), "operation", o.Operation, isName(o.Operation), o.Limit, "write an operation's name, such as OrderPage")
	}
	for n, f := range c.Fields {
		root, field, _ := strings.Cut(f.Field, ".")
		report(fmt.Sprintf("fields[%d]", n), "field", f.Field, isName(root) && isName(field), f.Limit, "write a root field's coordinate, such as Mutation.placeOrder")
	}
	return problems
}

// isName reports whether s is a name of GraphQL (section 2.1.9).
func isName(s string) bool {
	return s != "" && strings.Trim(s, "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" && (s[0] < '0' || s[0] > '9')
}

func (c RedisConfig) validate() []fault.Invalid {
	var problems []fault.Invalid
	if c.URL != "" {
		if _, err := redis.ParseURL(c.URL); err != nil { // its text may hold the password
			problems = append(problems, fault.Invalid{Path: "url", Reason: "is not the address of a Redis", Remedy: `write it like "redis://user:password@host:6379/0"`})
		}
	}
	if len(c.Prefix) > maxPrefix {
		problems = append(problems, fault.Invalid{Path: "prefix", Reason: "is longer than 64 bytes", Remedy: `write one such as "tiffin:"`})
	}
	if c.Gateways < 1 || c.Gateways > maxGateways {
		problems = append(problems, fault.Invalid{Path: "gateways", Reason: "is not between 1 and 10000", Remedy: "write how many gateways share the Redis"})
	}
	return problems
}
