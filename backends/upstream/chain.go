package upstream

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/credential"
	"tiffin/backends/upstream/status"
	"tiffin/fault"
	"tiffin/identity"
	"tiffin/telemetry"
)

// position is one place of the chain: what it is called, and how it wraps what comes after it.
type position struct {
	name string
	wrap func(next call.Position) call.Position
}

// chain is what every call passes, outermost first.
func (u *Upstream) chain() []position {
	return []position{
		{"staleness", u.tellStale},           // an older answer in place of a failure is told to whoever shows it
		{"telemetry(call)", u.observer.Call}, // one span, one duration, one entry in the request's log line per call
		{"identity", u.identify},             // request id, trace, language, what is forwarded: needed by whoever looks at the request below
		{"cache", u.cached},                  // a hit costs nothing of what follows; one fill per key
		{"deadline", u.policies.Deadline},    // min(own, what is left of the request); a panic below ends here
		{"credential", u.credential},         // a token of our own for the service; a hit needs none, and getting it counts against the deadline
		{"bulkhead", u.policies.Bulkhead},    // waiting for a place counts against the deadline
		{"retry", u.policies.Retry},          // repeatable calls only, to another instance, within the budget
		{"hedge", u.policies.Hedge},          // reads only, within the same budget; not in the path when off
		{"balance", u.balance},               // an instance that this call has not tried
		{"breaker", u.policies.Breaker},      // per instance; what it refuses goes elsewhere at once
		{"attempt", u.attempt},               // a time-out round the exchange and the bounded body; telemetry(try); pooled connections
	}
}

// meshed is the chain of a service behind a sidecar, which balances and retries by itself.
func (u *Upstream) meshed() []position {
	return []position{
		{"staleness", u.tellStale},
		{"telemetry(call)", u.observer.Call},
		{"identity", u.identify},
		{"cache", u.cached},
		{"deadline", u.policies.Deadline},
		{"credential", u.credential}, // a token of our own for the service; a hit needs none, and getting it counts against the deadline
		{"balance", u.balance},       // one endpoint: it only gets its address
		{"attempt", u.attempt},
	}
}

// build makes the chain from the inside out, with what the positions share about a call at its head.
func (u *Upstream) build(chain []position) http.RoundTripper {
	var next call.Position
	for _, p := range slices.Backward(chain) {
		next = p.wrap(next)
	}
	return call.Start(u.cfg.Calls, next)
}

func (u *Upstream) balance(next call.Position) call.Position {
	return balance.NewPosition(u.target(), balance.PositionDeps{Set: u.set, Next: next, Observe: u.observe})
}

// attempt is the last position: below it there are requests, and no trips any more. Each has its instance, status and duration told.
func (u *Upstream) attempt(call.Position) call.Position {
	return u.policies.Attempt(u.observer.Try(u.connections))
}

// credential is not in the path where the service gets no token of this gateway's own.
func (u *Upstream) credential(next call.Position) call.Position {
	return credential.Attach(u.cfg.Identity, credential.Deps{Transport: u.issuers, Next: next})
}

// cached is not in the path where nothing is to be kept.
func (u *Upstream) cached(next call.Position) call.Position {
	if u.store == nil || len(u.cfg.Cache.Routes) == 0 {
		return next
	}
	kept, err := cache.New(u.cfg.Cache, cache.Deps{Next: call.Under(next), Store: u.store, Usable: u.usable, Stale: u.observer.Stale})
	if err != nil {
		u.broken = err
		return next
	}
	u.cache = kept
	return call.Over(kept)
}

// tellStale tells the asker of an answer that is older than it should be. The cache gives none to those who refuse it; should one have
// grown old on the way, it is refused here. Without a cache it is not in the path.
func (u *Upstream) tellStale(next call.Position) call.Position {
	if u.cache == nil {
		return next
	}
	return call.Func(func(t call.Trip) (*http.Response, error) {
		res, err := next.Do(t)
		if err != nil {
			return nil, err
		}
		if age, stale := cache.Stale(res.Header); stale && !fault.Stale(t.Context, age) {
			return nil, errors.Join(fault.ErrStaleRefused, res.Body.Close())
		}
		return res, nil
	})
}

// cacheStatus is what the cache has done, as operators see it.
func (u *Upstream) cacheStatus() *status.Cache {
	if u.cache == nil {
		return nil
	}
	counts := u.observer.CacheCounts()
	return &status.Cache{Hits: counts.Hits, Stale: counts.Stale, Calls: counts.Calls}
}

// identify says who works for whom. Nothing else of a client's request is forwarded than what is listed.
func (u *Upstream) identify(next call.Position) call.Position {
	forward, agent := u.cfg.Identity, []string{"tiffin"}
	return call.Func(func(t call.Trip) (*http.Response, error) {
		ctx := t.Context
		own := withHeaders(t.Header, [...]header{
			{"X-Request-Id", telemetry.RequestFrom(ctx).ID},
			{"Traceparent", telemetry.Traceparent(ctx)},
			{"Accept-Language", identity.Locale(ctx)},
		})
		own["User-Agent"] = agent
		forward.Forwarded(ctx, own)
		if name, time := u.policies.Whole(t.Call.Kind()); name != "" { // here, for this is the only copy of most calls' header
			own[name] = time
		}
		t.Header = own
		return next.Do(t)
	})
}

// header is one field, its name in canonical form.
type header struct{ name, value string }

const identifying = 3

// withHeaders returns a copy of of, whose values are shared, with the fields that have a value. It is on the way of every call: Header.Clone
// and Set would copy what nobody changes.
func withHeaders(of http.Header, fields [identifying]header) http.Header {
	out := maps.Clone(of)
	if out == nil {
		out = http.Header{}
	}
	values := make([]string, identifying)
	for n, f := range fields {
		if f.value != "" {
			values[n] = f.value
			out[f.name] = values[n : n+1 : n+1]
		}
	}
	return out
}
