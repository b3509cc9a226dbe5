package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	h := page(t)
	requests := []struct{ method, target string }{
		{http.MethodGet, "/"},
		{http.MethodGet, "/graphiql/config.json"},
		{http.MethodGet, "/graphiql/token?user=mallory"},
		{http.MethodGet, "/nothing"},
		{http.MethodPost, "/"},
	}
	want := map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
	for _, r := range requests {
		res := get(t, h, r.method, r.target)
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s %s: %s = %q, want %q", r.method, r.target, name, got, value)
			}
		}
		if got := res.Header.Get("Content-Security-Policy"); got != contentSecurityPolicy {
			t.Errorf("%s %s: Content-Security-Policy = %q", r.method, r.target, got)
		}
	}
}

// The policy is written out here a second time, by what it must and must not allow.
func TestPolicyAllowsThePagesOwnOriginOnly(t *testing.T) {
	directives := map[string]string{}
	for d := range strings.SplitSeq(contentSecurityPolicy, "; ") {
		name, sources, _ := strings.Cut(d, " ")
		directives[name] = sources
	}
	want := map[string]string{
		"default-src":     "'none'",
		"script-src":      "'self'",
		"worker-src":      "'self'",
		"connect-src":     "'self'",
		"base-uri":        "'none'",
		"form-action":     "'none'",
		"frame-ancestors": "'none'",
	}
	for name, sources := range want {
		if directives[name] != sources {
			t.Errorf("%s = %q, want %q", name, directives[name], sources)
		}
	}
	for _, banned := range []string{"unsafe-eval", "blob:", "http:", "https:", "*"} {
		if strings.Contains(contentSecurityPolicy, banned) {
			t.Errorf("the policy allows %s", banned)
		}
	}
}

func TestOnlyReadsAreAllowed(t *testing.T) {
	h := page(t)
	methods := []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "GRAPH"}
	for _, target := range []string{"/", "/graphiql/config.json", "/graphiql/token?user=alice", "/nothing"} {
		for _, method := range methods {
			res := get(t, h, method, target)
			if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s = %d, Allow %q; want 405", method, target, res.StatusCode, res.Header.Get("Allow"))
			}
		}
	}
}

func TestUnknownPathsAreNotFound(t *testing.T) {
	h := page(t)
	for _, path := range []string{
		"/nothing", "/index.html", "/index.html.gz", "/graphiql", "/graphiql/", "/graphiql/nothing.js",
		"/graphiql/config.json/", "//", "/graphiql/../", "/assets/index.html.gz", "/graphql",
	} {
		res := get(t, h, http.MethodGet, path)
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, res.StatusCode)
		}
		if text := body(t, res); strings.Contains(text, "nothing") {
			t.Errorf("GET %s echoes the path: %q", path, text)
		}
	}
}
