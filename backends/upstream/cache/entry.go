package cache

import (
	"net/http"
	"time"
)

// entry is an answer as it is kept, or a signpost: the names of the headers by which the answers under this key vary. Times are in whole
// milliseconds. It does not change.
type entry struct {
	names []string // of a signpost, sorted; an answer has none

	status int
	header http.Header
	body   string

	stored time.Time     // when it was received
	age    time.Duration // of the answer, when it was received
	fresh  time.Time     // until
	// whileRevalidating and ifError are until when it is served stale; strict forbids it altogether, also to who would take it.
	whileRevalidating, ifError time.Time
	strict                     bool
}

// verdict is what may be done with an entry.
type verdict uint8

const (
	useless verdict = iota // there is none, or it must be filled first
	fresh
	staleAccepted  // by the request
	staleRefreshed // served, with a refresh behind it
)

// judge says what may be done with the entry for a request with these directives.
func (e *entry) judge(now time.Time, ask directives) verdict {
	switch {
	case e == nil, ask.noCache,
		ask.maxAge.given && e.ageAt(now) > ask.maxAge.Duration,
		ask.minFresh.given && e.fresh.Sub(now) < ask.minFresh.Duration:
		return useless
	case now.Before(e.fresh):
		return fresh
	case ask.noStale:
		return useless
	case now.Before(e.whileRevalidating):
		return staleRefreshed
	case !e.strict && ask.maxStale.given && now.Sub(e.fresh) <= ask.maxStale.Duration:
		return staleAccepted
	}
	return useless
}

// ageAt is the answer's age (RFC 9111 section 4.2.3).
func (e *entry) ageAt(now time.Time) time.Duration { return e.age + max(0, now.Sub(e.stored)) }

// servesErrors reports whether the entry is served, to a request with these directives, where there is no better answer.
func (e *entry) servesErrors(now time.Time, ask directives) bool {
	return e != nil && now.Before(e.ifError) && !ask.noCache && !ask.noStale
}

// revalidates reports whether the service can be asked if the entry still holds.
func (e *entry) revalidates() bool { return e != nil && hasValidator(e.header) }

func hasValidator(header http.Header) bool {
	return header.Get("Etag") != "" || header.Get("Last-Modified") != ""
}

// until is when the entry is of no use any more, if what can be revalidated is kept for a while.
func (e *entry) until(keep time.Duration) time.Time {
	last := e.fresh
	for _, t := range []time.Time{e.whileRevalidating, e.ifError} {
		if t.After(last) {
			last = t
		}
	}
	if e.revalidates() {
		last = last.Add(keep)
	}
	return last
}
