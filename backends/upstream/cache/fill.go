package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"tiffin/backends/upstream/call"
)

// result is what became of a fill, for everybody who waits for it.
type result struct {
	entry  *entry // an answer that may be shared, kept or not
	status string // how it came about
	names  []string
	told   string // the variant of who asked: others with another one must ask for themselves

	own *http.Response // an answer for the one who asked
	err error
	bad bool // the entry is an answer that nobody can read

	stale *entry // what there is besides
}

// failed reports whether a stale answer is better than this (RFC 5861 section 4).
func (r result) failed() bool {
	return r.err != nil || r.bad || r.entry != nil && isError(r.entry.status) || r.own != nil && isError(r.own.StatusCode)
}

func isError(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// obtain waits for the answer, from Redis or from Next. kept is what is in memory, of use only if there is nothing better.
func (c *Cache) obtain(req *http.Request, l look, kept *entry) (*http.Response, error) {
	ctx := req.Context()
	for range 2 { // the second time knows by what the answer varies
		r, led, err := c.flights.do(ctx, l.key(req), func(ctx context.Context) result { return c.fill(req.Clone(ctx), l) })
		if err != nil {
			return c.gaveUp(req, l, kept, err)
		}
		if !led && (r.told != variant(req, r.names) || r.own != nil) {
			l.names = r.names
			if r.own != nil {
				break
			}
			continue
		}
		if !led {
			c.counters.coalesced.Add(1)
		}
		return c.deliver(req, l, r, led)
	}
	return c.deliver(req, l, c.fill(req, l), true)
}

// key is what requests wait for together. One with wishes of its own waits only with its like.
func (l look) key(req *http.Request) string {
	switch l.ask {
	case directives{}:
		return l.place(req).Key()
	case directives{noStale: true}:
		return l.place(req).Key() + " fresh"
	}
	return l.place(req).Key() + fmt.Sprint(l.ask)
}

// gaveUp is for a caller whose context ended: at its deadline a stale answer is better than none.
func (c *Cache) gaveUp(req *http.Request, l look, kept *entry, err error) (*http.Response, error) {
	if now := time.Now(); errors.Is(err, context.DeadlineExceeded) && kept.servesErrors(now, l.ask) {
		return c.serveError(req, l, kept, now, err), nil
	}
	c.counters.failures.Add(1)
	return nil, err
}

// deliver gives one of those who wait what the fill came to.
func (c *Cache) deliver(req *http.Request, l look, r result, led bool) (*http.Response, error) {
	now := time.Now()
	if r.failed() && r.stale.servesErrors(now, l.ask) {
		if r.own != nil {
			_ = r.own.Body.Close()
		}
		return c.serveError(req, l, r.stale, now, r.reason()), nil
	}
	switch {
	case r.err != nil:
		c.counters.failures.Add(1)
		return nil, r.err
	case r.own != nil:
		note(req.Context(), Miss, 0)
		return r.own, nil
	case !led && r.status == Miss:
		r.status = Coalesced
	}
	if r.status == Hit { // in Redis
		return c.serve(req, l, r.entry, now), nil
	}
	return c.answer(req, r.entry, now, r.status), nil
}

func (r result) reason() error {
	switch {
	case r.err != nil:
		return r.err
	case r.own != nil:
		return fmt.Errorf("status %d", r.own.StatusCode)
	case r.bad:
		return errors.New("an answer that cannot be read")
	}
	return fmt.Errorf("status %d", r.entry.status)
}

// refresh fills the stale entry behind its back, unless that is under way or there are too many.
func (c *Cache) refresh(req *http.Request, l look) {
	select {
	case c.refreshing <- struct{}{}:
	default:
		return
	}
	l.refreshing = true
	ctx := call.With(req.Context(), &call.Call{Idempotent: true}) // its attempts are not those of the call that was answered
	own := req.Clone(ctx)                                         // the caller may do with req what it wants once it has its answer
	started := c.flights.start(ctx, l.key(req), func(ctx context.Context) result {
		defer func() { <-c.refreshing }()
		return c.fill(own.WithContext(ctx), l)
	})
	if !started {
		<-c.refreshing
	}
}

// fill looks into Redis, then asks Next, and keeps what comes of it.
func (c *Cache) fill(req *http.Request, l look) result {
	ctx := req.Context()
	stored := c.read(ctx, req, &l)
	if v := stored.judge(time.Now(), l.ask); v == fresh || v != useless && !l.refreshing {
		return l.result(req, result{entry: stored, status: Hit})
	}
	r := c.ask(req, l, stored)
	r.stale = stored
	return l.result(req, r)
}

// result notes for whom r is.
func (l look) result(req *http.Request, r result) result {
	if r.entry != nil {
		l.names = union(l.names, inNobodysKey(l.route, varies(r.entry.header)))
	}
	r.names, r.told = l.names, variant(req, l.names)
	return r
}

// ask makes the exchange, with the validators of what is stored, if there is something.
func (c *Cache) ask(req *http.Request, l look, stored *entry) result {
	if !stored.revalidates() {
		return c.exchange(req, l)
	}
	c.counters.fills.Add(1)
	start := time.Now()
	res, err := c.deps.Next.RoundTrip(conditional(req, stored.header))
	if err != nil {
		return result{err: err}
	}
	if res.StatusCode != http.StatusNotModified {
		return c.take(req, l, res, start)
	}
	_ = res.Body.Close() // a 304 has none
	if e := c.revalidated(req, l, stored, res.Header, start); e != nil {
		c.counters.revalidated.Add(1)
		return result{entry: e, status: Revalidated}
	}
	return c.exchange(req, l) // of another answer than ours, or one that may not be kept any more
}

func (c *Cache) exchange(req *http.Request, l look) result {
	c.counters.fills.Add(1)
	start := time.Now()
	res, err := c.deps.Next.RoundTrip(req) //nolint:bodyclose // take does
	if err != nil {
		return result{err: err}
	}
	return c.take(req, l, res, start)
}

// conditional is the request with the validators of an answer.
func conditional(req *http.Request, header http.Header) *http.Request {
	out := *req
	out.Header = req.Header.Clone()
	if out.Header == nil {
		out.Header = http.Header{}
	}
	if etag := header.Get("Etag"); etag != "" {
		out.Header.Set("If-None-Match", etag)
	}
	if modified := header.Get("Last-Modified"); modified != "" {
		out.Header.Set("If-Modified-Since", modified)
	}
	return &out
}

// revalidated is the stored entry with the news of a 304, kept anew; nil where the 304 is about something else.
func (c *Cache) revalidated(req *http.Request, l look, stored *entry, news http.Header, start time.Time) *entry {
	if etag := news.Get("Etag"); etag != "" && etag != stored.header.Get("Etag") {
		return nil
	}
	e := c.keepable(req, l.route, stored.status, updated(stored, news), stored.body, exchange{start, time.Now()})
	if e != nil {
		c.store(req.Context(), req, l, e)
	}
	return e
}

// take reads the answer and keeps it if it may be kept. What may not be kept but is a failure of the service is everybody's.
func (c *Cache) take(req *http.Request, l look, res *http.Response, start time.Time) result {
	body, whole, err := readBody(res, c.cfg.MaxBody)
	if err != nil {
		return result{err: fmt.Errorf("read the answer's body: %w", err)}
	}
	times := exchange{start, time.Now()}
	bad := whole && res.StatusCode < http.StatusMultipleChoices && !c.deps.Usable(res.Header, body)
	if whole {
		if e := c.keepable(req, l.route, res.StatusCode, res.Header, body, times); e != nil && !bad {
			c.store(req.Context(), req, l, e)
			return result{entry: e, status: Miss}
		}
		failure := bad || res.StatusCode >= http.StatusInternalServerError
		if failure && !forbidden(req, l.route, parseDirectives(res.Header), res.Header) {
			return result{entry: &entry{status: res.StatusCode, header: endToEnd(res.Header), body: body, stored: times.end}, status: Miss, bad: bad}
		}
	}
	res.Header.Set(cacheStatus, "tiffin; fwd=miss")
	return result{own: res, bad: bad}
}

// readBody reads up to limit bytes. Where there are more, not whole, the answer's body still has all of them.
func readBody(res *http.Response, limit int64) (body string, whole bool, err error) {
	content, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return "", false, errors.Join(err, res.Body.Close())
	}
	res.Body = &read{io.MultiReader(bytes.NewReader(content), res.Body), res.Body}
	return string(content), int64(len(content)) <= limit, nil
}

// read is a body of which some has been read.
type read struct {
	io.Reader
	io.Closer
}
