package cache

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tiffin/backends/upstream/call"
)

// What the cache did with a call: [call.Cache.Status].
const (
	Hit         = "hit"         // fresh from the cache
	Refreshed   = "stale"       // stale, while it is revalidated or because the request accepts it
	OnError     = "stale_error" // stale, because the fill failed
	Revalidated = "revalidated" // the service says that it still holds
	Coalesced   = "coalesced"   // another call's fill, waited for
	Miss        = "miss"        // filled
	Bypass      = "bypass"      // not for this cache
)

// cacheStatus is a header of answers (RFC 9211).
const cacheStatus = "Cache-Status"

// Stale reports whether an answer of this cache is stale, and its age. Codecs that do not know this package read the headers: there is a
// negative ttl in Cache-Status, and the age is in Age, in seconds.
func Stale(header http.Header) (age time.Duration, stale bool) {
	if !strings.Contains(header.Get(cacheStatus), "; ttl=-") {
		return 0, false
	}
	return parseSeconds(header.Get("Age")), true
}

func (c *Cache) serveStale(req *http.Request, l look, e *entry, now time.Time) *http.Response {
	c.counters.stale.Add(1)
	c.deps.Stale(l.route.Path, e.ageAt(now), nil)
	return c.answer(req, e, now, Refreshed)
}

func (c *Cache) serveError(req *http.Request, l look, e *entry, now time.Time, because error) *http.Response {
	c.counters.staleOnError.Add(1)
	c.deps.Stale(l.route.Path, e.ageAt(now), because)
	return c.answer(req, e, now, OnError)
}

// note tells the positions above.
func note(ctx context.Context, status string, age time.Duration) {
	if current := call.From(ctx); current != nil {
		current.Cache = call.Cache{Status: status, Age: age}
	}
}

// answer makes a response of the entry: its own header, and a body in memory.
func (c *Cache) answer(req *http.Request, e *entry, now time.Time, status string) *http.Response {
	age := e.ageAt(now)
	note(req.Context(), status, age)
	header := maps.Clone(e.header)
	header[cacheStatus] = []string{describe(status, e.fresh.Sub(now))}
	if status != Miss || age >= time.Second {
		header["Age"] = []string{strconv.FormatInt(int64(age/time.Second), 10)}
	}
	body := &memory{}
	body.Reset(e.body)
	return &http.Response{
		Status: strconv.Itoa(e.status) + " " + http.StatusText(e.status), StatusCode: e.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: int64(len(e.body)), Request: req,
	}
}

func describe(status string, left time.Duration) string {
	seconds := int64(left / time.Second)
	switch status {
	case Hit:
		return "tiffin; hit; ttl=" + strconv.FormatInt(seconds, 10)
	case Refreshed, OnError:
		text := "tiffin; hit; ttl=" + strconv.FormatInt(min(seconds, -1), 10) // stale for less than a second is stale
		if status == OnError {
			text += "; detail=error"
		}
		return text
	case Revalidated:
		return "tiffin; fwd=stale; fwd-status=304"
	case Coalesced:
		return "tiffin; fwd=miss; collapsed"
	}
	return "tiffin; fwd=miss"
}

// notCached is for a request that wants nothing but what is kept (RFC 9111 section 5.2.1.7).
func (c *Cache) notCached(req *http.Request) *http.Response {
	return c.answer(req, &entry{status: http.StatusGatewayTimeout, header: http.Header{}}, time.Time{}, Miss)
}

// memory is a body that needs no closing.
type memory struct{ strings.Reader }

func (*memory) Close() error { return nil }
