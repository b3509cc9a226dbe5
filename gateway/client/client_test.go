package client

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestVersions(t *testing.T) {
	cfg := Config{"ios": {MinVersion: "3.2.0"}, "android": {MinVersion: "2026.11"}}
	if problems := cfg.Validate(); len(problems) != 0 {
		t.Fatal(problems)
	}
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	handler := Versions(cfg, ok)
	for _, c := range []struct {
		name, version string
		status        int
	}{
		{"ios", "3.2.0", 200},
		{"ios", "3.2", 200},
		{"ios", "v3.2.0", 200},
		{"ios", "3.10.0", 200},
		{"ios", "4", 200},
		{"ios", "3.2.0+77", 200},
		{"ios", "3.2.0.1", 200},
		{"ios", "3.2.1-beta", 200},
		{"ios", "3.1.99", 400},
		{"ios", "3", 400},
		{"ios", "3.2.0-beta.1", 400},
		{"ios", "", 400},
		{"ios", "new", 400},
		{"ios", "3.2.0.0.0", 400},
		{"ios", "-1", 400},
		{"ios", "3..2", 400},
		{"ios", strings.Repeat("9", 50), 400},
		{"ios", "4" + strings.Repeat(".0", 90), 400},
		{"android", "2026.10.9", 400},
		{"android", "2026.11", 200},
		{"web", "0.1", 200},
		{"", "", 200},
		{"IOS", "1", 200},
	} {
		for _, prefix := range []string{"apollographql", "graphql"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
			r.Header.Set(prefix+"-client-name", c.name)
			r.Header.Set(prefix+"-client-version", c.version)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			refused := strings.Contains(w.Body.String(), "CLIENT_TOO_OLD")
			if w.Code != c.status || refused != (c.status == 400) || strings.Contains(w.Body.String(), "new") {
				t.Errorf("%s %q %q: %d %s", prefix, c.name, c.version, w.Code, w.Body)
			}
		}
	}
}

func TestIdentify(t *testing.T) {
	h := http.Header{}
	h.Set("graphql-client-name", "web")
	h.Set("graphql-client-version", "1")
	if name, version := Identify(h); name != "web" || version != "1" {
		t.Errorf("%q %q", name, version)
	}
	h.Set("apollographql-client-name", "ios") // never the name of one with the version of the other
	if name, version := Identify(h); name != "ios" || version != "" {
		t.Errorf("%q %q", name, version)
	}
	h.Set("apollographql-client-name", strings.Repeat("x", 101))
	if name, _ := Identify(h); name != "web" {
		t.Errorf("%q", name)
	}
}

func TestValidate(t *testing.T) {
	for path, cfg := range map[string]Config{
		"ios.min_version": {"ios": {MinVersion: "new"}}, "web.min_version": {"web": {}}, "": {"": {MinVersion: "1"}},
	} {
		if problems := cfg.Validate(); len(problems) != 1 || problems[0].Path != path {
			t.Errorf("%v, want %q", problems, path)
		}
	}
}
