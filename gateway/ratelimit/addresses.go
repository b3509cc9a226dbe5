package ratelimit

import (
	"context"
	"net/http"
	"net/netip"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/telemetry"
)

// AddressFrom is the client's address as Addresses found it; for IPv6 its /64. The zero Addr outside of a request.
func AddressFrom(ctx context.Context) netip.Addr { return counted(telemetry.AccessFrom(ctx).Address) }

// Addresses is the chain's position that bounds requests per client address, before anybody looks at a credential. It puts the address
// into the request's record (telemetry.AccessFrom), also where limits are disabled.
func Addresses(cfg Config, next http.Handler) http.Handler {
	cfg = cfg.WithDefaults()
	a := &addresses{proxies: ParseProxies(cfg.TrustedProxies), next: next, rule: newRule("address", cfg.Address)}
	if !cfg.Disabled && !cfg.Address.Disabled {
		a.local = newLocal(cfg.MaxKeys)
	}
	return a
}

type addresses struct {
	proxies Proxies
	rule    *rule
	local   *local // nil: no limit
	next    http.Handler
}

// ServeHTTP implements http.Handler.
func (a *addresses) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	client := a.proxies.Client(r)
	telemetry.AccessFrom(r.Context()).Address = client
	if a.local != nil {
		decision := a.local.take(Key{a.rule.name, Caller{Address: counted(client)}}, a.rule.limit, 1)
		if !decision.Allowed {
			tell(w.Header(), charge{rule: a.rule, decision: decision})
			answer.Refuse(w, r, refused(decision, "Too many requests from your address."))
			return
		}
	}
	a.next.ServeHTTP(w, r)
}

func refused(d Decision, text string) *fault.Error {
	return &fault.Error{Code: fault.RateLimited, Message: text, Retryable: true, RetryAfter: d.RetryAfter}
}
