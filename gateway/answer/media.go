package answer

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Media is a media type that answers come in.
type Media string

// The media types. Clients that name GraphQL get the truth in the status; for those that read JSON a well-formed request whose
// document is at fault is still 200.
const (
	GraphQL Media = "application/graphql-response+json"
	JSON    Media = "application/json"
)

const (
	// maxAccept bounds the ranges that are looked at.
	maxAccept = 32
	// maxSpecificity is that of a range which names its type: "*/*" is 0, "application/*" 1.
	maxSpecificity = 2
)

// Negotiate picks the media type by the Accept header (RFC 9110, section 12.5.1): the higher quality wins, then the more specific
// range. Where both types are named alike it is GraphQL; where neither is named, or there is no header, it is JSON, which every
// client reads. False means that neither is acceptable.
func Negotiate(h http.Header) (Media, bool) {
	if accept := h["Accept"]; len(accept) == 1 && (accept[0] == string(GraphQL) || accept[0] == string(JSON)) {
		return Media(accept[0]), true // what nearly all write needs no parsing
	}
	ranges := acceptRanges(h.Values("Accept"))
	if len(ranges) == 0 {
		return JSON, true
	}
	graphql, json := preference(ranges, GraphQL), preference(ranges, JSON)
	switch {
	case graphql.quality == 0 && json.quality == 0:
		return "", false
	case json.beats(graphql) || json == graphql && json.specificity < maxSpecificity:
		return JSON, true
	default:
		return GraphQL, true
	}
}

// acceptRange is one range of an Accept header with how much the client likes it.
type acceptRange struct {
	name        string
	quality     float64
	specificity int
}

func (a acceptRange) beats(b acceptRange) bool {
	return a.quality > b.quality || a.quality == b.quality && a.specificity > b.specificity
}

func (a acceptRange) matches(m Media) bool {
	return a.name == string(m) || a.name == "application/*" || a.name == "*/*"
}

// preference is the most specific range for m without its name, so that two preferences compare; zero where none matches.
func preference(ranges []acceptRange, m Media) acceptRange {
	best := acceptRange{specificity: -1}
	for _, a := range ranges {
		if a.matches(m) && a.specificity > best.specificity {
			best = acceptRange{quality: a.quality, specificity: a.specificity}
		}
	}
	return best
}

// acceptRanges reads the header's values, leaving out what it cannot read.
func acceptRanges(values []string) []acceptRange {
	var ranges []acceptRange
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if a, ok := parseRange(part); ok {
			ranges = append(ranges, a)
		}
		if len(ranges) == maxAccept {
			break
		}
	}
	return ranges
}

func parseRange(part string) (acceptRange, bool) {
	name, params, err := mime.ParseMediaType(part)
	if err != nil {
		return acceptRange{}, false
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return acceptRange{}, true // a range that matches nothing: we speak UTF-8 only
	}
	a := acceptRange{name: name, quality: 1, specificity: maxSpecificity - strings.Count(name, "*")}
	if q, ok := params["q"]; ok {
		if a.quality, err = strconv.ParseFloat(q, 64); err != nil || !(a.quality >= 0 && a.quality <= 1) {
			return acceptRange{}, false
		}
	}
	return a, true
}
