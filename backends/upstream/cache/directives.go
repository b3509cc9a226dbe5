package cache

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// directives are what a Cache-Control says (RFC 9111 section 5.2, RFC 5861). Those that are not known are ignored; a qualified private or
// no-cache (="field") counts as a plain one.
type directives struct {
	noStore, noCache, private, public, mustRevalidate, proxyRevalidate, onlyIfCached bool
	// noStale is said by no header but by the asker's context: [fault.StaleRefused].
	noStale bool

	maxAge, sMaxAge, minFresh, maxStale, staleWhileRevalidate, staleIfError seconds
}

// seconds is a directive's time; it is given or not.
type seconds struct { //nolint:recvcheck // set fills it in, all else are values
	given bool
	time.Duration
}

// longest is what every time is cut to (RFC 9111 section 1.2.2).
const longest = (1 << 31) * time.Second

func parseDirectives(header http.Header) directives {
	var d directives
	for _, line := range header["Cache-Control"] {
		for line != "" {
			var name, value string
			name, value, line = nextDirective(line)
			d.set(name, value)
		}
	}
	return d
}

// nextDirective cuts name and value off; a value in quotes may have commas.
func nextDirective(line string) (name, value, rest string) {
	end := strings.IndexAny(line, ",=")
	if end < 0 || line[end] == ',' {
		name, rest, _ = strings.Cut(line, ",")
		return clean(name), "", rest
	}
	name, rest = clean(line[:end]), strings.TrimLeft(line[end+1:], " \t")
	if !strings.HasPrefix(rest, `"`) {
		value, rest, _ = strings.Cut(rest, ",")
		return name, strings.TrimSpace(value), rest
	}
	value, rest, _ = strings.Cut(rest[1:], `"`)
	_, rest, _ = strings.Cut(rest, ",")
	return name, value, rest
}

func clean(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func (d *directives) set(name, value string) {
	switch name {
	case "no-store":
		d.noStore = true
	case "no-cache":
		d.noCache = true
	case "private":
		d.private = true
	case "public":
		d.public = true
	case "must-revalidate":
		d.mustRevalidate = true
	case "proxy-revalidate":
		d.proxyRevalidate = true
	case "only-if-cached":
		d.onlyIfCached = true
	case "max-age":
		d.maxAge.set(value)
	case "s-maxage":
		d.sMaxAge.set(value)
	case "min-fresh":
		d.minFresh.set(value)
	case "max-stale":
		if value == "" {
			value = strconv.Itoa(int(longest / time.Second)) // however stale
		}
		d.maxStale.set(value)
	case "stale-while-revalidate":
		d.staleWhileRevalidate.set(value)
	case "stale-if-error":
		d.staleIfError.set(value)
	}
}

// set takes the smaller of two contradictory times, and 0 for what is no time: both mean an answer that is stale too early.
func (s *seconds) set(value string) {
	n := parseSeconds(value)
	if !s.given || n < s.Duration {
		s.Duration = n
	}
	s.given = true
}

func parseSeconds(value string) time.Duration {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n > int64(longest/time.Second) {
		return longest
	}
	return time.Duration(n) * time.Second
}

// or is the time, or what stands for it where it is not given.
func (s seconds) or(d time.Duration) time.Duration {
	if s.given {
		return s.Duration
	}
	return d
}
