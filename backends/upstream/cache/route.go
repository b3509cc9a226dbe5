package cache

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// route is a Route, parsed.
type route struct {
	Route
	path    []segment
	tags    []tag
	private bool
}

// segment is a part of a path between slashes: a text, a name for one, or a name for all that is left.
type segment struct {
	text, name string
	rest       bool
}

// tag is a text with at most one name in it.
type tag struct{ before, name, after string }

// maxValues bounds the tags that one request makes of a list in its query; a longer one is not kept.
const maxValues = 128

func newRoute(r Route) *route {
	parsed := &route{Route: r, private: r.Scope == Private}
	parsed.path, _ = parsePath(r.Path) // Validate had no problem with it
	for _, text := range r.Tags {
		t, _ := parseTag(text)
		parsed.tags = append(parsed.tags, t)
	}
	return parsed
}

func parsePath(text string) ([]segment, error) {
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?# ") {
		return nil, errors.New("is not an absolute path without a query")
	}
	parts := strings.Split(text[1:], "/")
	segments := make([]segment, len(parts))
	for n, part := range parts {
		name, isName := between(part)
		segments[n] = segment{text: part}
		if isName {
			rest := strings.HasSuffix(name, "...")
			segments[n] = segment{name: strings.TrimSuffix(name, "..."), rest: rest}
		}
		switch s := segments[n]; {
		case !isName && strings.ContainsAny(part, "{}"), isName && !isWord(s.name):
			return nil, errors.New("has a part that is neither a text nor a {name}")
		case s.rest && n < len(parts)-1:
			return nil, errors.New("goes on after {" + s.name + "...}")
		}
	}
	return segments, nil
}

func parseTag(text string) (tag, error) {
	before, rest, found := strings.Cut(text, "{")
	name, after, closed := strings.Cut(rest, "}")
	switch {
	case text == "", len(text) > 100, strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return tag{}, errors.New("is not 1 to 100 characters of printable ASCII")
	case found && (!closed || !isWord(name)), strings.ContainsAny(before+after, "{}"):
		return tag{}, errors.New("has braces that are not round one name")
	}
	return tag{before, name, after}, nil
}

// between returns what is between braces.
func between(part string) (name string, ok bool) {
	name, opened := strings.CutPrefix(part, "{")
	name, closed := strings.CutSuffix(name, "}")
	return name, opened && closed
}

func isWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// fit returns the tags of the request's answer; false where the request is none of the route.
func (r *route) fit(req *http.Request) (tags []string, ok bool) {
	value, ok := r.match(req.URL.EscapedPath())
	if !ok || len(r.tags) == 0 {
		return nil, ok
	}
	for _, t := range r.tags {
		values := t.values(value, req.URL)
		if len(values) == 0 || len(tags)+len(values) > maxValues {
			return nil, false
		}
		for _, v := range values {
			tags = append(tags, t.before+url.QueryEscape(v)+t.after)
		}
	}
	return tags, true
}

// values are what stands for the name: one value of the path, or each of the query's.
func (t tag) values(value func(name string) string, from *url.URL) []string {
	if t.name == "" {
		return []string{""}
	}
	if v := value(t.name); v != "" {
		return []string{v}
	}
	var found []string
	for _, list := range from.Query()[t.name] {
		for v := range strings.SplitSeq(list, ",") {
			if v != "" {
				found = append(found, v)
			}
		}
	}
	return found
}

// match compares an escaped path with the route's, and returns what its names stand for.
func (r *route) match(path string) (value func(name string) string, ok bool) {
	left := strings.TrimPrefix(path, "/")
	for n, s := range r.path {
		part, rest, more := strings.Cut(left, "/")
		switch {
		case s.rest:
			return r.valueIn(path), left != ""
		case s.name == "" && part != s.text, s.name != "" && part == "", more != (n < len(r.path)-1):
			return nil, false
		}
		left = rest
	}
	return r.valueIn(path), true
}

// valueIn looks names up in a path that matches.
func (r *route) valueIn(path string) func(name string) string {
	return func(name string) string {
		left := strings.TrimPrefix(path, "/")
		for _, s := range r.path {
			part, rest, _ := strings.Cut(left, "/")
			if s.rest {
				part = left
			}
			if s.name == name {
				text, _ := url.PathUnescape(part) // the URL was parsed
				return text
			}
			left = rest
		}
		return ""
	}
}
