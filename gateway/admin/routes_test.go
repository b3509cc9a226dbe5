package admin

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRoutes(t *testing.T) {
	say := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	}
	handler := Handler(&State{}, Route{"GET /metrics", say("metrics")}, Route{"POST /invalidate", say("done")})
	for name, c := range map[string]struct {
		method, path string
		header       http.Header
		want         int
	}{
		"a route":                    {"GET", "/metrics", nil, 200},
		"a probe beside it":          {"GET", "/livez", nil, 200},
		"another method":             {"GET", "/invalidate", nil, 405},
		"a write":                    {"POST", "/invalidate", nil, 200},
		"a write by a foreign page":  {"POST", "/invalidate", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		"a write by an old browser":  {"POST", "/invalidate", http.Header{"Origin": {"https://evil.example"}}, 403},
		"a write by a page of ours":  {"POST", "/invalidate", http.Header{"Sec-Fetch-Site": {"same-origin"}}, 200},
		"a read by a foreign page":   {"GET", "/metrics", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 200},
		"what nobody has registered": {"GET", "/upstreams", nil, 404},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, http.NoBody)
		maps.Copy(r.Header, c.header)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
}
