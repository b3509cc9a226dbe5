package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// get serves one request and returns the answer; headers are name, value, name, value and so on.
func get(t *testing.T, h http.Handler, method, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// noTransport fails the test when something is called that should not be.
type noTransport struct{ t *testing.T }

func (n noTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("unexpected call of %s", r.URL)
	return nil, http.ErrUseLastResponse
}

func page(t *testing.T) http.Handler {
	return New(Config{
		GraphQLPath: "/graphql",
		Users:       []User{{Name: "alice", About: "customer"}},
		TokenURL:    "http://issuer.test/token",
	}, Deps{Transport: noTransport{t}})
}

var assetReference = regexp.MustCompile(`(?:src|href)="\./(graphiql/[^"]+)"`)

func TestIndexRefersToEmbeddedAssetsOnly(t *testing.T) {
	h := page(t)
	res := get(t, h, http.MethodGet, "/")
	index := body(t, res)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("GET / = %d, %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
	references := assetReference.FindAllStringSubmatch(index, -1)
	if total := strings.Count(index, `src="`) + strings.Count(index, `href="`); len(references) < 3 || len(references) != total {
		t.Fatalf("%d of %d references are to the page's own assets:\n%s", len(references), total, index)
	}
	for _, ref := range references {
		if res := get(t, h, http.MethodGet, "/"+ref[1]); res.StatusCode != http.StatusOK {
			t.Errorf("GET /%s = %d", ref[1], res.StatusCode)
		}
	}
}

func TestEveryAssetUnpacksAndHasItsType(t *testing.T) {
	h := page(t)
	for path := range assetHandlers() {
		res := get(t, h, http.MethodGet, path)
		if res.StatusCode != http.StatusOK || body(t, res) == "" || res.Header.Get("Content-Type") == "" {
			t.Errorf("GET %s = %d, %q", path, res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
}

func TestConfigIsWhatThePageReads(t *testing.T) {
	users := []User{{Name: "alice", About: "customer"}, {Name: "sam", About: "support"}}
	tests := map[string]struct {
		cfg  Config
		want string
	}{
		"users":           {Config{GraphQLPath: "/graphql", Users: users, TokenURL: "http://issuer.test/token"}, `{"graphql":"/graphql","users":[{"name":"alice","about":"customer"},{"name":"sam","about":"support"}]}`},
		"no users":        {Config{GraphQLPath: "/api", TokenURL: "http://issuer.test/token"}, `{"graphql":"/api","users":[]}`},
		"no token source": {Config{GraphQLPath: "/graphql", Users: users}, `{"graphql":"/graphql","users":[]}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := get(t, New(tt.cfg, Deps{Transport: noTransport{t}}), http.MethodGet, "/graphiql/config.json")
			got := body(t, res)
			if res.StatusCode != http.StatusOK || got != tt.want || !json.Valid([]byte(got)) {
				t.Errorf("config = %d %s\nwant %s", res.StatusCode, got, tt.want)
			}
			if cc := res.Header.Get("Cache-Control"); cc != "no-cache" {
				t.Errorf("Cache-Control = %q", cc)
			}
		})
	}
}
