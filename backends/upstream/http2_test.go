package upstream_test

import (
	"context"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream"
	"tiffin/internal/testkit"
)

// cable is a connection that can be cut in a way that neither end hears of.
type cable struct {
	net.Conn

	cut *atomic.Bool
}

func (c cable) Write(p []byte) (int, error) {
	if c.cut.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// A connection of HTTP/2 carries all calls to an instance. Where its other end is gone without a word another takes its place in time.
func TestASilentConnectionIsReplaced(t *testing.T) {
	far := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	far.StartTLS() // for its certificate
	defer far.Close()
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: far.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		network := testkit.NewNetwork()
		listener := network.Listen("example.com:443")
		server := &http.Server{Handler: far.Config.Handler, TLSConfig: far.TLS.Clone()}
		server.TLSConfig.NextProtos = nil
		go func() { _ = server.ServeTLS(listener, "", "") }()
		t.Cleanup(network.Close)
		t.Cleanup(func() { _ = server.Close() })
		var first atomic.Bool
		var dialled atomic.Int32
		cfg := upstream.Defaults()
		cfg.URL, cfg.TLS.CAFile = "https://example.com", trusted
		up, err := upstream.New(cfg, upstream.Deps{Dial: func(ctx context.Context, kind, addr string) (net.Conn, error) {
			conn, err := network.DialContext(ctx, kind, addr)
			if dialled.Add(1) == 1 {
				return cable{conn, &first}, err
			}
			return conn, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		follow(t, up)
		ask := func() (string, error) { return send(t.Context(), up, "GET", "http://orders/", nil) }
		if text, err := ask(); text != "HTTP/2.0" || err != nil {
			t.Fatalf("%q, %v", text, err)
		}
		first.Store(true)
		if _, err := ask(); err == nil {
			t.Fatal("the test shows nothing")
		}
		<-time.After(20 * time.Second)
		if text, err := ask(); text != "HTTP/2.0" || err != nil || dialled.Load() != 2 {
			t.Errorf("%q, %v, by connection %d", text, err, dialled.Load())
		}
	})
}
