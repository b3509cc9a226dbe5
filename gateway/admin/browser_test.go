package admin

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A page whose own name was pointed at this machine is of the same origin as what it asks for, as far as the browser knows.
func TestPagesOfNamesThatArePointedHere(t *testing.T) {
	done := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") })
	handler := Handler(&State{}, Route{"GET /metrics", done}, Route{"POST /invalidate", done})
	loopback, other := net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 7)
	evil := http.Header{"Origin": {"http://evil.example:9090"}}
	for name, c := range map[string]struct {
		local              net.IP
		method, path, host string
		header             http.Header
		want               int
	}{
		"a write by such a page":                    {other, "POST", "/invalidate", "evil.example:9090", evil, 403},
		"the same on loopback":                      {loopback, "POST", "/invalidate", "evil.example:9090", evil, 421},
		"a read by such a page":                     {loopback, "GET", "/metrics", "evil.example:9090", nil, 421},
		"a read by a name that ends so":             {loopback, "GET", "/metrics", "localhost.evil.example:9090", nil, 421},
		"a read by localhost":                       {loopback, "GET", "/metrics", "LocalHost:9090", nil, 200},
		"a read by address":                         {loopback, "GET", "/metrics", "127.0.0.1:9090", nil, 200},
		"a read by address, IPv6":                   {net.IPv6loopback, "GET", "/metrics", "[::1]:9090", nil, 200},
		"a read by name elsewhere":                  {other, "GET", "/metrics", "tiffin.internal:9090", nil, 200},
		"a write by name elsewhere, and by no page": {other, "POST", "/invalidate", "tiffin.internal:9090", nil, 200},
		"a write by a page of ours":                 {loopback, "POST", "/invalidate", "localhost:9090", http.Header{"Origin": {"http://localhost:9090"}}, 200},
		"a write by a page of an address":           {other, "POST", "/invalidate", "10.0.0.7:9090", http.Header{"Origin": {"http://10.0.0.7:9090"}}, 200},
		"a write by another page of an address":     {other, "POST", "/invalidate", "10.0.0.7:9090", http.Header{"Origin": {"http://10.0.0.9:9090"}}, 403},
		"a write by a page of nowhere":              {other, "POST", "/invalidate", "10.0.0.7:9090", http.Header{"Origin": {"null"}}, 403},
	} {
		ctx := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: c.local, Port: 9090})
		r := httptest.NewRequestWithContext(ctx, c.method, c.path, http.NoBody)
		r.Host = c.host
		maps.Copy(r.Header, c.header)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, c.want)
		}
	}
}
