package telemetry

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
)

// The headers that name a request.
const (
	RequestIDHeader   = "X-Request-Id"
	TraceparentHeader = "Traceparent"
)

const maxRequestID = 64

// Incoming names the request of a client: its own X-Request-Id and traceparent where they are sound, else new ones.
func Incoming(h http.Header) Request {
	r, ok := parseTraceparent(h.Values(TraceparentHeader))
	trace, span, id := newIDs()
	if !ok {
		r = Request{TraceID: trace, Sampled: true}
	}
	r.SpanID = span
	r.ID = h.Get(RequestIDHeader)
	if !soundRequestID(r.ID) {
		r.ID = id
	}
	return r
}

// newIDs makes the ids that a request may need, 16, 8 and 12 random bytes in lower-case hex, in one piece of memory.
func newIDs() (trace, span, id string) {
	const traceEnd, spanEnd, idEnd = 16, 16 + 8, 16 + 8 + 12
	var raw [idEnd]byte
	_, _ = rand.Read(raw[:]) // crypto/rand.Read never fails (its documentation)
	var text [2 * idEnd]byte
	hex.Encode(text[:], raw[:])
	all := string(text[:])
	return all[:2*traceEnd], all[2*traceEnd : 2*spanEnd], all[2*spanEnd:]
}

// soundRequestID keeps line breaks, quotes and novels out of logs, answers and calls to services.
func soundRequestID(id string) bool {
	return id != "" && len(id) <= maxRequestID && strings.IndexFunc(id, foreignToID) < 0
}

func foreignToID(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	default:
		return !strings.ContainsRune("._-", r)
	}
}

// The places of a traceparent: 00-<32 digits>-<16 digits>-<2 digits> (W3C Trace Context, section 3.2.2).
const (
	traceAt, spanAt, flagsAt = 3, 36, 53
	traceparentLen           = 55
)

// parseTraceparent reads the trace id and the sampled flag. A later version may be longer, and is read like version 00 (section
// 3.2.4); more than one header is none.
func parseTraceparent(values []string) (Request, bool) {
	if len(values) != 1 || len(values[0]) < traceparentLen {
		return Request{}, false
	}
	v := values[0]
	version, trace, span, flags := v[:2], v[traceAt:spanAt-1], v[spanAt:flagsAt-1], v[flagsAt:traceparentLen]
	dashes := v[traceAt-1] == '-' && v[spanAt-1] == '-' && v[flagsAt-1] == '-'
	if !dashes || !lowerHex(version) || !lowerHex(flags) || !validID(trace) || !validID(span) {
		return Request{}, false
	}
	if rest := v[traceparentLen:]; version == "ff" || rest != "" && (version == "00" || rest[0] != '-') {
		return Request{}, false
	}
	sampled := strings.IndexByte("13579bdf", flags[1]) >= 0
	return Request{TraceID: trace, Sampled: sampled, parent: span}, true
}

// validID reports whether id is hex and not all zeros, which means "none" (sections 3.2.2.3 and 3.2.2.4).
func validID(id string) bool { return lowerHex(id) && strings.Trim(id, "0") != "" }

func lowerHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
