package cache

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/fault"
	"tiffin/internal/kv"
)

// Cache is the position; it is safe for concurrent use.
type Cache struct {
	cfg      Config
	deps     Deps
	routes   []*route
	flights  *flights
	counters counters
	// refreshing has a place for each refresh.
	refreshing chan struct{}
}

// Deps are the collaborators of a Cache.
type Deps struct {
	// Next carries the requests that are not answered from the cache. Its answers have their bodies in memory.
	Next http.RoundTripper
	// Store keeps the answers; those of several services can share one.
	Store *kv.Store
	// Usable reports whether a successful answer is one that can be read. One that is not is never kept, and is a failure, for which a stale
	// answer may stand in. It may be nil: every answer is.
	Usable func(header http.Header, body string) bool
	// Stale is told of each stale answer that was served: the route's path, the answer's age, and the error because of which, nil while it is
	// revalidated. It may be nil, and must not block.
	Stale func(path string, age time.Duration, because error)
	// Random returns a number from 0 up to 1, for jitter [math/rand].
	Random func() float64
}

// New returns a Cache, or [Config.Validate]'s problems in one error. It starts nothing.
func New(cfg Config, deps Deps) (*Cache, error) {
	var problems []error
	for _, problem := range cfg.Validate() {
		problems = append(problems, problem)
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	if deps.Stale == nil {
		deps.Stale = func(string, time.Duration, error) {}
	}
	if deps.Usable == nil {
		deps.Usable = func(http.Header, string) bool { return true }
	}
	if deps.Random == nil {
		deps.Random = rand.Float64
	}
	c := &Cache{cfg: cfg, deps: deps, flights: newFlights(cfg.FillTimeout), refreshing: make(chan struct{}, cfg.Refreshes)}
	for _, r := range cfg.Routes {
		c.routes = append(c.routes, newRoute(r))
	}
	return c, nil
}

// Close ends the fills that are under way, and returns when they have ended. What comes after it fails to fill.
func (c *Cache) Close() { c.flights.close() }

// RoundTrip answers from the cache, or by Next; its errors are those of Next, or of the request's context.
func (c *Cache) RoundTrip(req *http.Request) (*http.Response, error) {
	if !isSafe(req.Method) {
		return c.change(req)
	}
	look, ok := c.look(req)
	if !ok {
		return c.pass(req)
	}
	kept := c.peek(req.Context(), req, &look)
	now := time.Now()
	if kept.judge(now, look.ask) != useless {
		return c.serve(req, look, kept, now), nil
	}
	if look.ask.onlyIfCached {
		return c.notCached(req), nil
	}
	return c.obtain(req, look, kept)
}

// serve answers with an entry that is not useless.
func (c *Cache) serve(req *http.Request, l look, e *entry, now time.Time) *http.Response {
	switch e.judge(now, l.ask) {
	case fresh:
		c.counters.hits.Add(1)
		return c.answer(req, e, now, Hit)
	case staleRefreshed:
		c.refresh(req, l)
	case staleAccepted, useless: // useless if it became stale on the way here
	}
	return c.serveStale(req, l, e, now)
}

func isSafe(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// pass asks Next, with nothing kept.
func (c *Cache) pass(req *http.Request) (*http.Response, error) {
	c.counters.bypassed.Add(1)
	note(req.Context(), Bypass, 0)
	res, err := c.deps.Next.RoundTrip(req)
	if err == nil {
		res.Header.Del(cacheStatus)
		res.Header.Set(cacheStatus, "tiffin; fwd=bypass")
	}
	return res, err
}

// change passes a request on that may change something, and invalidates what is kept under its path if it succeeded; not for what is
// declared to be a read although its method is not safe. Where Redis was not reached that is made up for: see [kv.Store.Invalidate].
func (c *Cache) change(req *http.Request) (*http.Response, error) {
	res, err := c.pass(req)
	if err != nil || res.StatusCode >= http.StatusBadRequest || len(c.routes) == 0 || call.From(req.Context()).Kind() == call.Read {
		return res, err
	}
	ctx := context.WithoutCancel(req.Context())
	_ = c.deps.Store.Invalidate(ctx, c.pathTag(req))
	for _, r := range c.routes {
		if tags, _ := r.fit(req); tags != nil {
			_ = c.deps.Store.Invalidate(ctx, tags...)
		}
	}
	return res, nil
}

// look says where the answer to a request is to be found.
type look struct {
	route *route
	ask   directives
	slot  kv.Slot  // of the name: an answer that does not vary, or a signpost
	names []string // by which it varies, as far as known

	refreshing bool // a stale answer was served already
}

// look returns false for a request whose answer is not for this cache.
func (c *Cache) look(req *http.Request) (look, bool) {
	if req.Method != http.MethodGet && req.Method != "" || hasConditions(req.Header) {
		return look{}, false
	}
	ask := parseDirectives(req.Header)
	ask.noStale = fault.StaleRefused(req.Context())
	for _, r := range c.routes {
		tags, fits := r.fit(req)
		if !fits {
			continue
		}
		name, ok := c.name(req, r)
		if !ok || ask.noStore || fault.AskedAnew(req.Context()) {
			return look{}, false
		}
		slot, err := c.deps.Store.Slot(req.Context(), name, append(tags, c.pathTag(req))...)
		if r.private && !c.cfg.PrivateInRedis {
			slot = slot.Unshared()
		}
		return look{route: r, ask: ask, slot: slot}, err == nil
	}
	return look{}, false
}

// hasConditions reports whether the request wants a part of an answer, or one only if.
func hasConditions(header http.Header) bool {
	for _, name := range [...]string{"Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range"} {
		if len(header[name]) > 0 {
			return true
		}
	}
	return false
}

// place is the slot for the request among those that look's names tell apart.
func (l look) place(req *http.Request) kv.Slot {
	if l.names == nil {
		return l.slot
	}
	return l.slot.Sub(variant(req, l.names))
}

var _ http.RoundTripper = (*Cache)(nil)
