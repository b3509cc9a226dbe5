package cache

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"tiffin/fault"
)

// Config says which answers of one service are kept.
type Config struct {
	// Routes are the answers that may be kept; the first that fits a request counts. None keeps none [none].
	Routes []Route `yaml:"routes"`
	// Negative is how long a 404 or 410 that says nothing about it is fresh; 0 keeps none [5s].
	Negative time.Duration `yaml:"negative"`
	// Jitter is the part of its time, up to a half, by which an answer may be stale earlier, so that not all are at once [0.1].
	Jitter float64 `yaml:"jitter"`
	// Keep is how long an answer with an ETag or Last-Modified is kept beyond its time, to be revalidated [10m].
	Keep time.Duration `yaml:"keep"`
	// MaxBody is the longest body that is kept, in bytes [1 MiB].
	MaxBody int64 `yaml:"max_body"`
	// FillTimeout bounds a fill that callers wait for together; the chain's own deadline is usually shorter [10s].
	FillTimeout time.Duration `yaml:"fill_timeout"`
	// Refreshes bounds how many stale answers are refreshed at the same time; more stay stale a little longer [64].
	Refreshes int `yaml:"refreshes"`
	// PrivateInRedis lets answers of private routes leave this process [false].
	PrivateInRedis bool `yaml:"private_in_redis"`

	// Service names the service in keys; the composition sets it.
	Service string `yaml:"-"`
	// Forwarded names the headers by which this service is told who the caller is; the composition sets it from what it forwards.
	Forwarded []string `yaml:"-"`
}

// Route is a kind of GET request whose answers may be kept.
type Route struct {
	// Path is what a request's path looks like: "/restaurants/{id}/menu", or "/images/{file...}" for all below. No default.
	Path string `yaml:"path"`
	// Scope is public, the same answer for everybody, or private, an answer for each caller [public].
	Scope string `enum:"public,private" yaml:"scope"`
	// TTL is how long an answer is fresh that says nothing about it; 0 keeps such an answer only to revalidate it [0s].
	TTL time.Duration `yaml:"ttl"`
	// StaleWhileRevalidate is for how long a stale answer is served while it is refreshed, where the answer does not say [0s].
	StaleWhileRevalidate time.Duration `yaml:"stale_while_revalidate"`
	// StaleIfError is for how long a stale answer is served because there is no other, where the answer does not say [0s].
	StaleIfError time.Duration `yaml:"stale_if_error"`
	// Tags are what the answers can be invalidated by: "menu:{restaurant_id}", of a name in the path or the query. A request without the
	// name does not fit the route [none].
	Tags []string `yaml:"tags"`
	// KeyHeaders are headers of the request that are part of the key, besides Accept-Language and what Vary names [none].
	KeyHeaders []string `yaml:"key_headers"`
}

// The scopes of a Route.
const (
	Public  = "public"
	Private = "private"
)

// Defaults returns a Config that is complete, but has no routes and no Service.
func Defaults() Config {
	return Config{
		Negative: 5 * time.Second, Jitter: 0.1, Keep: 10 * time.Minute, MaxBody: 1 << 20, FillTimeout: 10 * time.Second, Refreshes: 64,
	}
}

// Bounds of what can be configured.
const (
	maxJitter   = 0.5
	maxLifetime = 24 * time.Hour
	maxRoutes   = 100
	maxRefresh  = 10_000
)

// Validate reports every problem; none where [New] accepts the Config. It refuses what could give one caller another's answer.
func (c Config) Validate() []fault.Invalid {
	var problems reports
	problems.lifetime("negative", c.Negative)
	problems.lifetime("keep", c.Keep)
	problems.add(!(c.Jitter >= 0 && c.Jitter <= maxJitter), "jitter", "is not a part from 0 to 0.5", "write one such as 0.1")
	problems.add(c.MaxBody <= 0, "max_body", "is not a positive number of bytes", "write one such as 1048576")
	problems.add(c.FillTimeout <= 0, "fill_timeout", "is not a positive duration", `write one such as "10s"`)
	problems.add(c.Refreshes <= 0 || c.Refreshes > maxRefresh, "refreshes", fmt.Sprintf("is not 1 to %d", maxRefresh), "write one such as 64")
	problems.add(len(c.Routes) > maxRoutes, "routes", fmt.Sprintf("are more than %d", maxRoutes), "put similar paths into one route")
	for n, route := range c.Routes {
		problems = append(problems, fault.Under(fmt.Sprintf("routes[%d]", n), route.validate(c.Forwarded))...)
	}
	return problems
}

// reports collects problems.
type reports []fault.Invalid

func (r *reports) add(wrong bool, path, reason, remedy string) {
	if wrong {
		*r = append(*r, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
	}
}

func (r *reports) lifetime(path string, d time.Duration) {
	r.add(d < 0 || d > maxLifetime, path, fmt.Sprintf("is not 0 to %s", maxLifetime), `write one such as "30s"`)
}

func (r Route) validate(forwarded []string) []fault.Invalid {
	var problems reports
	if _, err := parsePath(r.Path); err != nil {
		problems.add(true, "path", err.Error(), `write it like "/menus" or "/restaurants/{id}/menu"`)
	}
	problems.add(r.Scope != "" && r.Scope != Public && r.Scope != Private, "scope", "is not a scope", "write public or private")
	problems.lifetime("ttl", r.TTL)
	problems.lifetime("stale_while_revalidate", r.StaleWhileRevalidate)
	problems.lifetime("stale_if_error", r.StaleIfError)
	for n, tag := range r.Tags {
		if _, err := parseTag(tag); err != nil {
			problems.add(true, fmt.Sprintf("tags[%d]", n), err.Error(), `write it like "menu:{restaurant_id}"`)
		}
	}
	for _, header := range forwarded {
		problems.add(!r.separates(header), "scope", "is public, but the service is told who the caller is by "+http.CanonicalHeaderKey(header)+
			": one caller could be served another's answer", "make the scope private, or add the header to key_headers")
	}
	return problems
}

// separates reports whether callers who differ in the header never share an answer.
func (r Route) separates(header string) bool {
	return r.Scope == Private || slices.ContainsFunc(r.KeyHeaders, func(key string) bool { return strings.EqualFold(key, header) })
}
