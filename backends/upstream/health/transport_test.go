package health

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"tiffin/backends/upstream/call"
)

// A check speaks what calls speak: net/http has HTTP/2 negotiated where a service knows it, and writes that into the configuration of TLS that
// both are given.
func TestChecksSpeakTheProtocolOfCalls(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/2.0": true, "HTTP/1.1": false} {
		t.Run(name, func(t *testing.T) {
			var checked atomic.Value
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { checked.Store(r.Proto) }))
			server.EnableHTTP2 = http2
			server.StartTLS()
			defer server.Close()
			trust := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			calls := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}}
			defer calls.CloseIdleConnections()
			checker, err := NewChecker(active(), call.Target{Scheme: "https"}, CheckerDeps{Transport: NewTransport(nil, calls.TLSClientConfig)})
			if err != nil {
				t.Fatal(err)
			}
			res, err := (&http.Client{Transport: calls}).Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			for range 2 {
				checked.Store("nothing")
				if err := checker.check(t.Context(), server.Listener.Addr().String()); err != nil || checked.Load() != name {
					t.Errorf("checked by %v, %v", checked.Load(), err)
				}
			}
		})
	}
}
