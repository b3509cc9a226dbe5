package assets_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tiffin/gateway/assets"
	"tiffin/internal/testkit"
)

// far answers as a service would, and keeps what it was asked.
type far struct {
	status int
	header map[string]string
	body   string
	asked  []*http.Request
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.asked = append(f.asked, r)
	for name, value := range f.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.status)
	_, _ = io.WriteString(w, f.body)
}

func picture() *far {
	return &far{
		status: http.StatusOK, body: "<svg/>",
		header: map[string]string{
			"Content-Type": "image/svg+xml", "ETag": `"v1"`, "Cache-Control": "public, max-age=60", "Set-Cookie": "a=b", "Server": "old",
			"Vary": "Accept-Language",
		},
	}
}

func ask(t *testing.T, service *far, method, target string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	network := testkit.Start(t, map[string]http.Handler{"inventory": service})
	config := assets.Defaults()
	config.Prefix, config.MaxBytes = "/images/", 10
	handler := assets.New(map[string]assets.Service{
		"inventory": {Config: config, Transport: network.Transport()},
		"orders":    {Config: assets.Defaults(), Transport: network.Transport()},
	})
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestAPictureComesInertAndCacheable(t *testing.T) {
	service := picture()
	w := ask(t, service, http.MethodGet, "/assets/inventory/images/a.svg?token=1", map[string]string{"Authorization": "Bearer x", "Cookie": "c=1"})
	if w.Code != http.StatusOK || w.Body.String() != "<svg/>" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/svg+xml", "ETag": `"v1"`, "Cache-Control": "public, max-age=60", "Content-Length": "6", "Vary": "Accept-Language",
		"X-Content-Type-Options": "nosniff", "Set-Cookie": "", "Server": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox;") {
		t.Errorf("Content-Security-Policy %q", csp)
	}
	asked := service.asked[0]
	if asked.URL.String() != "/images/a.svg" || asked.Header.Get("Authorization") != "" || asked.Header.Get("Cookie") != "" {
		t.Errorf("the service was asked for %s with %v", asked.URL, asked.Header)
	}
}

func TestConditionsAndHead(t *testing.T) {
	for _, test := range []struct {
		method, condition string
		status            int
		body              string
	}{
		{http.MethodHead, "", 200, ""},
		{http.MethodGet, `"v1"`, 304, ""},
		{http.MethodGet, `"v0", W/"v1"`, 304, ""},
		{http.MethodGet, `*`, 304, ""},
		{http.MethodGet, `"v2"`, 200, "<svg/>"},
	} {
		w := ask(t, picture(), test.method, "/assets/inventory/images/a.svg", map[string]string{"If-None-Match": test.condition})
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%s %s: %d %q, want %d %q", test.method, test.condition, w.Code, w.Body, test.status, test.body)
		}
	}
}

func TestWhatDoesNotPassIsNotAskedFor(t *testing.T) {
	for target, status := range map[string]int{
		"/assets/inventory/stock":                  404,
		"/assets/inventory/images/../stock":        404,
		"/assets/inventory/images/%2e%2e/stock":    404,
		"/assets/inventory/images/a%2fb":           404,
		"/assets/inventory/images//a.svg":          404,
		"/assets/inventory/images/a;b":             404,
		"/assets/inventory":                        404,
		"/assets/orders/orders":                    404,
		"/assets/unknown/images/a.svg":             404,
		"/assets/" + strings.Repeat("a", 2000):     404,
		"/assets/inventory/images/" + longName():   404,
		"/assets/inventory/images/folder/deep.svg": 200,
	} {
		service := picture()
		w := ask(t, service, http.MethodGet, target, nil)
		if asked := len(service.asked) > 0; w.Code != status || asked != (status == 200) {
			t.Errorf("%.60s: %d, asked %v, want %d", target, w.Code, asked, status)
		}
	}
	service := picture()
	if w := ask(t, service, http.MethodPost, "/assets/inventory/images/a.svg", nil); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" || len(service.asked) > 0 {
		t.Errorf("POST: %d", w.Code)
	}
}

func longName() string { return strings.Repeat("n", 1100) }

func TestWhatTheServiceMayAnswer(t *testing.T) {
	change := func(f func(*far)) *far { p := picture(); f(p); return p }
	for name, test := range map[string]struct {
		service *far
		status  int
	}{
		"not found":           {change(func(f *far) { f.status = 404 }), 404},
		"gone":                {change(func(f *far) { f.status = 410 }), 404},
		"redirect":            {change(func(f *far) { f.status, f.header["Location"] = 302, "http://elsewhere/" }), 502},
		"failure":             {change(func(f *far) { f.status = 500 }), 502},
		"page":                {change(func(f *far) { f.header["Content-Type"] = "text/html" }), 502},
		"page in disguise":    {change(func(f *far) { f.header["Content-Type"] = "text/html; image/png" }), 502},
		"type in capitals":    {change(func(f *far) { f.header["Content-Type"] = "Image/PNG; a=b" }), 200},
		"compressed, unasked": {change(func(f *far) { f.header["Content-Encoding"] = "br" }), 502},
		"as long as allowed":  {change(func(f *far) { f.body = "0123456789" }), 200},
		"longer than allowed": {change(func(f *far) { f.body = "0123456789a" }), 502},
	} {
		w := ask(t, test.service, http.MethodGet, "/assets/inventory/images/a.svg", nil)
		if w.Code != test.status {
			t.Errorf("%s: %d, want %d", name, w.Code, test.status)
		}
		if w.Code != 200 && (strings.Contains(w.Body.String(), "svg") || w.Header().Get("Cache-Control") != "no-store") {
			t.Errorf("%s: %q with Cache-Control %q", name, w.Body, w.Header().Get("Cache-Control"))
		}
	}
}

func TestConfigProblems(t *testing.T) {
	if problems := assets.Defaults().Validate(); problems != nil {
		t.Errorf("the defaults: %v", problems)
	}
	for path, c := range map[string]assets.Config{
		"prefix":    {Prefix: "images", Types: []string{"image/*"}, MaxBytes: 1},
		"types[0]":  {Prefix: "/images/", Types: []string{"*/*"}, MaxBytes: 1},
		"max_bytes": {Prefix: "/images/", Types: []string{"image/*"}},
	} {
		if problems := c.Validate(); len(problems) != 1 || problems[0].Path != path {
			t.Errorf("%s: %v", path, problems)
		}
	}
}
