package app

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"tiffin/app/strict"
	"tiffin/fault"
	"tiffin/gateway/operation/limits"
	"tiffin/gateway/ratelimit"
)

// Unsafe lists what of a configuration lets through or shows more than a gateway in production should, though it is valid: an operator may
// have reasons. Validate lists what nobody can have reasons for. In development only what strangers could reach is unsafe.
func (c Config) Unsafe() []fault.Invalid {
	w := &warnings{}
	w.add(!isLoopback(c.Admin), "admin", "can be reached from elsewhere, and asks for no credential", "listen on a loopback address, or see that a firewall keeps strangers from it")
	if c.Mode == Development {
		w.add(!isLoopback(c.Listen), "mode", "development shows schema and GraphiQL to everybody who reaches "+c.Listen, "write mode: production")
		return w.found
	}
	w.add(c.Log.Level == "debug", "log.level", "debug tells more than is needed, and costs", "write info")
	w.add(c.Telemetry.Tracing.FollowCaller, "telemetry.tracing.follow_caller", "lets any caller have its requests recorded", "write false where strangers reach the gateway")
	w.add(!isLoopback(c.Listen) && !c.TLS.Enabled() && len(c.Edge.RateLimit.TrustedProxies) == 0, "listen",
		"can be reached from elsewhere by plain HTTP: tokens and orders can be read on the way",
		"write tls.cert and tls.key; where a proxy in front ends TLS, list its networks in edge.rate_limit.trusted_proxies")
	w.add(c.Drain == 0, "drain", "is 0: what is in flight at SIGTERM is cut", "write 30s")
	w.auth(c)
	w.edge(c)
	w.measured(c)
	w.rates(c.Edge.RateLimit)
	w.stores(c)
	return w.found
}

type warnings struct{ found []fault.Invalid }

func (w *warnings) add(unsafe bool, path, reason, remedy string) {
	if unsafe {
		w.found = append(w.found, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
	}
}

func (w *warnings) auth(c Config) {
	w.add(c.Auth.AnonymousOnly, "auth.anonymous_only", "lets nobody sign in: what needs a caller is refused", "list an issuer, unless this graph is public")
	for i, issuer := range c.Auth.Issuers {
		w.add(isPlainHTTP(issuer.URL), fmt.Sprintf("auth.issuers[%d].url", i), "is http: whoever is on the way can put in keys of their own", "use https")
		w.add(isPlainHTTP(issuer.Introspection.URL), fmt.Sprintf("auth.issuers[%d].introspection.url", i), "is http: tokens and the secret are sent in clear", "use https")
	}
}

func (w *warnings) edge(c Config) {
	w.add(c.Edge.Operation.Introspection, "edge.operation.introspection", "lets every client read the schema", "write false")
	w.add(c.Edge.Operation.Suggestions, "edge.operation.suggestions", "gives the schema away by its guesses", "write false")
	w.add(c.Edge.Transport.AllowSimpleGET, "edge.transport.allow_simple_get", "serves what a foreign page can make a browser send", "write false")
	w.add(c.Edge.Operation.Deadline >= c.Server.WriteTimeout, "edge.operation.deadline",
		"is not below server.write_timeout, so that late answers are cut", "make it the smaller one")
}

// measured finds every limit, of whatever, that is not enforced.
func (w *warnings) measured(c Config) {
	strict.Scalars(c, func(path string, value any) {
		w.add(strings.HasSuffix(path, ".mode") && fmt.Sprint(value) == string(limits.Measure), path,
			"only measures: what exceeds it is served", "write enforce, once the log shows that no honest operation exceeds it")
	})
}

func (w *warnings) rates(c ratelimit.Config) {
	const at = "edge.rate_limit."
	w.add(c.Disabled, at+"disabled", "lets anybody ask for as much as they like", "write false")
	if !c.Disabled {
		w.add(c.Address.Disabled, at+"address.disabled", "lets strangers have signatures checked without end", "write false")
		w.add(c.User.Disabled, at+"user.disabled", "lets one caller take all there is", "write false")
		w.add(c.Cost.Disabled, at+"cost.disabled", "lets one caller take all there is, by few and costly operations", "write false")
		w.add(!slices.ContainsFunc(c.Fields, func(f ratelimit.FieldLimit) bool { return f.Field == placing && !f.Disabled }),
			at+"fields", "has no limit of "+placing, "write {field: "+placing+", burst: 10, every: 6s}")
	}
	for i, text := range c.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		w.add(err == nil && isWide(network), fmt.Sprintf("%strusted_proxies[%d]", at, i),
			"is so wide that clients can choose their address", "list only the networks of the load balancers")
	}
}

func (w *warnings) stores(c Config) {
	for _, redis := range [...]struct{ path, url string }{
		{"cache.redis", c.Cache.Redis},
		{"edge.rate_limit.redis.url", c.Edge.RateLimit.Redis.URL},
		{"edge.persisted.automatic.store.redis", c.Edge.Persisted.Automatic.Store.Redis},
	} {
		w.add(strings.HasPrefix(redis.url, "redis://") && !isLocalURL(redis.url), redis.path, "is not encrypted", "write rediss://")
	}
	w.add(strings.Contains(c.Checkout.Journal.DSN, "sslmode=disable") && !isLocalURL(c.Checkout.Journal.DSN), "checkout.journal.dsn", "is not encrypted", "write sslmode=verify-full")
}

// isWide says of a network that it is more than anybody's load balancers have.
func isWide(network netip.Prefix) bool {
	const most4, most6 = 8, 16
	if network.Addr().Is4() {
		return network.Bits() < most4
	}
	return network.Bits() < most6
}

// isLoopback says of an address to listen on that only this machine reaches it.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && isLocalHost(host)
}

func isLocalHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func isLocalURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && isLocalHost(u.Hostname())
}

func isPlainHTTP(text string) bool {
	return strings.HasPrefix(text, "http://") && !isLocalURL(text)
}
