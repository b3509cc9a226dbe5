package cache

import (
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// keepable makes an entry of an answer with its body; nil where it may not be kept (RFC 9111 section 3) or would be of no use.
func (c *Cache) keepable(req *http.Request, r *route, status int, header http.Header, body string, times exchange) *entry {
	d := parseDirectives(header)
	if !understood(status) || int64(len(body)) > c.cfg.MaxBody || forbidden(req, r, d, header) {
		return nil
	}
	e := &entry{status: status, header: endToEnd(header), body: body, stored: milliseconds(times.end), age: times.age(header)}
	if len(e.header) > maxHeaders {
		return nil
	}
	lifetime, negative := c.lifetime(r, status, d, header, times.end)
	lifetime -= time.Duration(c.cfg.Jitter * c.deps.Random() * float64(lifetime))
	e.fresh = milliseconds(e.stored.Add(lifetime - e.age))
	e.mayBeStale(r, d, negative)
	if !e.until(c.cfg.Keep).After(e.stored) {
		return nil
	}
	return e
}

func understood(status int) bool {
	switch status {
	case http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusNotFound, http.StatusGone:
		return true
	}
	return false
}

// forbidden reports whether the answer is not to be kept, whoever asked for it.
func forbidden(req *http.Request, r *route, d directives, header http.Header) bool {
	authorized := req.Header.Get("Authorization") != "" && !d.public && !d.sMaxAge.given && !d.mustRevalidate
	return d.noStore || !r.private && (d.private || authorized) || len(header["Set-Cookie"]) > 0 || slices.Contains(varies(header), "*")
}

// lifetime is how long the answer is fresh (RFC 9111 section 4.2.1), and whether that is only so because it is negative.
func (c *Cache) lifetime(r *route, status int, d directives, header http.Header, now time.Time) (lifetime time.Duration, negative bool) {
	switch {
	case d.noCache:
		return 0, false
	case d.sMaxAge.given && !r.private:
		return d.sMaxAge.Duration, false
	case d.maxAge.given:
		return d.maxAge.Duration, false
	case len(header["Expires"]) > 0:
		return max(0, expires(header).Sub(date(header, now))), false
	case status == http.StatusNotFound || status == http.StatusGone:
		return c.cfg.Negative, true
	}
	return r.TTL, false
}

// expires is the past where it is no time.
func expires(header http.Header) time.Time {
	t, err := http.ParseTime(header.Get("Expires"))
	if err != nil {
		return time.Time{}
	}
	return t
}

func date(header http.Header, now time.Time) time.Time {
	t, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return now
	}
	return t
}

// mayBeStale sets for how long the entry is served stale: see the package's doc.
func (e *entry) mayBeStale(r *route, d directives, negative bool) {
	e.whileRevalidating, e.ifError = e.fresh, e.fresh
	e.strict = d.noCache || d.mustRevalidate || d.proxyRevalidate && !r.private
	if e.strict {
		return
	}
	whileRevalidating, ifError := r.StaleWhileRevalidate, r.StaleIfError
	if negative || d.sMaxAge.given && !r.private {
		whileRevalidating, ifError = 0, 0
	}
	e.strict = d.sMaxAge.given && !r.private
	e.whileRevalidating = e.fresh.Add(min(d.staleWhileRevalidate.or(whileRevalidating), maxLifetime))
	e.ifError = e.fresh.Add(min(d.staleIfError.or(ifError), maxLifetime))
}

// exchange is when a request was sent and its answer received.
type exchange struct{ start, end time.Time }

// age is the answer's, when it was received (RFC 9111 section 4.2.3, corrected_initial_age).
func (x exchange) age(header http.Header) time.Duration {
	corrected := parseSeconds(header.Get("Age")) + x.end.Sub(x.start)
	return min(max(0, corrected, x.end.Sub(date(header, x.end))), longest).Truncate(time.Millisecond)
}

func milliseconds(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()) }

// endToEnd is a copy of the header fields that are kept (RFC 9111 section 3.1): not those of the connection, nor of an earlier cache.
func endToEnd(header http.Header) http.Header {
	kept := maps.Clone(header)
	for _, name := range [...]string{
		"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate",
		"Proxy-Authentication-Info", "Age", cacheStatus, "Content-Length",
	} {
		delete(kept, name)
	}
	for _, line := range header["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			delete(kept, textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)))
		}
	}
	maps.DeleteFunc(kept, func(name string, values []string) bool {
		return len(values) == 0 || len(values) > maxValuesEach || textproto.CanonicalMIMEHeaderKey(name) != name
	})
	return kept
}

// varies are the names in Vary, canonical, sorted, each once.
func varies(header http.Header) []string {
	var names []string
	for _, line := range header["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, textproto.CanonicalMIMEHeaderKey(name))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// updated is the entry's header after the service said that it still holds (RFC 9111 section 4.3.4): that of the 304 replaces ours. Date
// and Age are those of the 304 also where it has none.
func updated(e *entry, header http.Header) http.Header {
	merged := maps.Clone(e.header)
	delete(merged, "Date")
	for name, values := range endToEnd(header) {
		if !strings.HasPrefix(name, "Content-") {
			merged[name] = values
		}
	}
	if age := header["Age"]; age != nil {
		merged["Age"] = age
	}
	return merged
}
