// Package upstream is the client chain of one service as an [http.RoundTripper]: who the instances are, which of them gets an attempt, how
// long and how often it is tried. Its positions are packages of their own; this one only puts them together, in [Upstream.chain].
//
//	Upstream ─┬─ chain: identity ─ deadline ─ bulkhead ─ retry ─ hedge ─ balance ─ breaker ─ attempt ─ http.Transport
//	          ├─ discovery.Provider ──▶ balance.Set
//	          └─ health.Checker, health.Outliers ──▶ balance.Set
//
// It can be used without the rest of Tiffin:
//
//	service, err := upstream.New(cfg, upstream.Deps{})
//	go service.Run(ctx)
//	client := http.Client{Transport: service}
package upstream
