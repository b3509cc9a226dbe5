package cache

import (
	"context"
	"net/http"
	"slices"

	"tiffin/internal/kv"
)

// peek finds the entry in memory, following a signpost, which it notes in look. It needs the request for that.
func (c *Cache) peek(ctx context.Context, req *http.Request, l *look) *entry {
	return c.find(ctx, req, l, c.deps.Store.Peek)
}

// read is peek that also asks Redis.
func (c *Cache) read(ctx context.Context, req *http.Request, l *look) *entry {
	return c.find(ctx, req, l, c.deps.Store.Get)
}

func (c *Cache) find(ctx context.Context, req *http.Request, l *look, get func(context.Context, kv.Slot) (string, bool)) *entry {
	e := open(get(ctx, l.place(req)))
	if e == nil || e.names == nil {
		return e
	}
	if l.names != nil {
		return nil // a signpost behind a signpost: not ours
	}
	l.names = e.names
	if e = open(get(ctx, l.place(req))); e != nil && e.names != nil {
		return nil
	}
	return e
}

// open decodes what is kept; what cannot be decoded is not there.
func open(text string, ok bool) *entry {
	if !ok {
		return nil
	}
	e, err := decode(text)
	if err != nil {
		return nil
	}
	return e
}

// store keeps the entry. Where its answer varies by more than is known there is a signpost in front of it, which adds to what an earlier
// one said.
func (c *Cache) store(ctx context.Context, req *http.Request, l look, e *entry) {
	names := inNobodysKey(l.route, varies(e.header))
	if !containsAll(l.names, names) {
		l.names = union(l.names, names)
		c.keep(ctx, l.slot, &entry{names: l.names}, e)
	}
	c.keep(ctx, l.place(req), e, e)
}

// keep stores something for as long as the entry e is of use.
func (c *Cache) keep(ctx context.Context, slot kv.Slot, what, e *entry) {
	c.deps.Store.Set(ctx, slot, what.encode(), e.until(c.cfg.Keep).Sub(e.stored))
}

// inNobodysKey are those of the names that tell nothing apart yet.
func inNobodysKey(r *route, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return name == "Accept-Language" || keyed(r, name) })
}

func keyed(r *route, name string) bool {
	return slices.ContainsFunc(r.KeyHeaders, func(key string) bool { return http.CanonicalHeaderKey(key) == name })
}

// union is sorted, with each name once.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(all, name) })
}
