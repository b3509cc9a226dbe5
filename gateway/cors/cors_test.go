package cors

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const shop, other = "https://shop.example.com", "https://evil.example.com"

// ask is what a browser sends for a page of the origin, and what it is told.
func ask(t *testing.T, cfg Config, method, origin string, header map[string]string) (w *httptest.ResponseRecorder, reached bool) {
	t.Helper()
	w = httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), method, "/graphql", http.NoBody)
	r.Header.Set("Origin", origin)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	Handler(cfg, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached = true
		w.WriteHeader(http.StatusTooManyRequests) // a refusal below
	})).ServeHTTP(w, r)
	return w, reached
}

func preflight(method, headers string) map[string]string {
	return map[string]string{"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
}

func TestPreflights(t *testing.T) {
	listed := Config{Origins: []string{shop, "http://localhost:5173"}}
	for _, c := range []struct {
		name, origin, method, headers string
		cfg                           Config
		allowed                       string
	}{
		{"listed", shop, "POST", "authorization,content-type", listed, shop},
		{"listed, with a port", "http://localhost:5173", "GET", "x-operation-name", listed, "http://localhost:5173"},
		{"everything that the gateway reads", shop, "POST", "apollo-require-preflight,apollographql-client-name,apollographql-client-version,traceparent,x-request-id", listed, shop},
		{"not listed", other, "POST", "content-type", listed, ""},
		{"like one that is listed", shop + ".evil.com", "POST", "content-type", listed, ""},
		{"another scheme", "http://shop.example.com", "POST", "content-type", listed, ""},
		{"another port", shop + ":8443", "POST", "content-type", listed, ""},
		{"no origin that has a name", "null", "POST", "content-type", listed, ""},
		{"another method", shop, "DELETE", "content-type", listed, ""},
		{"another header", shop, "POST", "x-evil", listed, ""},
		{"header by list", shop, "POST", "x-mine", Config{Origins: []string{shop}, Headers: []string{"X-Mine"}}, shop},
		{"everybody", other, "POST", "content-type", Config{Origins: []string{"*"}}, "*"},
	} {
		w, reached := ask(t, c.cfg, http.MethodOptions, c.origin, preflight(c.method, c.headers))
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != c.allowed || reached || w.Code != http.StatusNoContent {
			t.Errorf("%s: %d, reached %v, allowed %q", c.name, w.Code, reached, got)
		}
		if got := w.Header().Get("Access-Control-Allow-Credentials"); got != "" {
			t.Errorf("%s: credentials %q", c.name, got)
		}
		if c.allowed != "" && w.Header().Get("Access-Control-Max-Age") != "600" {
			t.Errorf("%s: %v", c.name, w.Header())
		}
	}
}

// A page reads the answers to its requests, refusals and their headers too, if it is listed.
func TestRequests(t *testing.T) {
	for origin, allowed := range map[string]string{shop: shop, other: ""} {
		w, reached := ask(t, Config{Origins: []string{shop}, Credentials: true}, http.MethodPost, origin, nil)
		h := w.Header()
		if !reached || w.Code != http.StatusTooManyRequests || h.Get("Access-Control-Allow-Origin") != allowed || !strings.Contains(h.Get("Vary"), "Origin") {
			t.Errorf("%s: %d %v", origin, w.Code, h)
		}
		if (h.Get("Access-Control-Allow-Credentials") == "true") != (allowed != "") {
			t.Errorf("%s: credentials %v", origin, h)
		}
		if allowed != "" && !strings.Contains(strings.ToLower(h.Get("Access-Control-Expose-Headers")), "retry-after") {
			t.Errorf("%s: exposed %v", origin, h)
		}
	}
}

// Without a list nobody is told anything, and OPTIONS is no preflight but a method like others.
func TestNobody(t *testing.T) {
	w, reached := ask(t, Config{}, http.MethodOptions, shop, preflight("POST", "content-type"))
	if !reached || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("reached %v, %v", reached, w.Header())
	}
}

func TestConfigValidate(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string // the paths of the problems
	}{
		{Config{}, ""},
		{Config{}.WithDefaults(), ""},
		{Config{Origins: []string{shop, "http://localhost:5173"}, Credentials: true}, ""},
		{Config{Origins: []string{"*"}}, ""},
		{Config{Origins: []string{"*"}, Credentials: true}, "credentials"},
		{Config{Origins: []string{shop, "*"}}, "origins"},
		{Config{Origins: []string{shop, "*"}, Credentials: true}, "credentials origins"},
		{Config{Origins: []string{
			"shop.example.com", shop + "/", shop + "/page", "https://*.example.com", "https://SHOP.example.com", "null", "", "ftp://a", "https://u@a", "https://a?b",
		}}, "origins[0] origins[1] origins[2] origins[3] origins[4] origins[5] origins[6] origins[7] origins[8] origins[9]"},
		{Config{Headers: []string{"X-Fine", "*"}}, "headers[1]"},
		{Config{Exposed: []string{"a b"}}, "exposed[0]"},
		{Config{MaxAge: -1}, "max_age"},
	} {
		var paths []string
		for _, problem := range c.cfg.Validate() {
			paths = append(paths, problem.Path)
		}
		if got := strings.Join(paths, " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.cfg, got, c.want)
		}
	}
}
