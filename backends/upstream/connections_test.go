package upstream_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream"
	"tiffin/internal/testkit"
)

// A service that ends idle connections after five seconds is not met by a call in that moment.
func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := testkit.Start(t, map[string]http.Handler{"a:1": says("a")})
		closed := make(chan time.Time, 1)
		cfg := upstream.Defaults()
		cfg.URL, cfg.IdleTimeout = "http://a:1", 4*time.Second
		up := run(t, cfg, upstream.Deps{Dial: func(ctx context.Context, kind, addr string) (net.Conn, error) {
			conn, err := network.DialContext(ctx, kind, addr)
			return &watched{conn, sync.OnceFunc(func() { closed <- time.Now() })}, err
		}})
		if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if took := (<-closed).Sub(began); took != 4*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

// watched tells when a connection is closed.
type watched struct {
	net.Conn
	closed func()
}

func (c *watched) Close() error {
	c.closed()
	return c.Conn.Close()
}

// A burst leaves its connections in the pool; the next burst uses them; Close closes them.
func TestConnectionsAreKeptAndClosed(t *testing.T) {
	const burst = 128
	synctest.Test(t, func(t *testing.T) {
		gate := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(100 * time.Millisecond) }) //nolint:forbidigo // holds all of a burst at once, in fake time
		var live atomic.Int32
		network := testkit.NewNetwork()
		defer network.Close()
		server := &http.Server{Handler: gate, ReadHeaderTimeout: time.Minute, ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				live.Add(1)
			case http.StateClosed:
				live.Add(-1)
			case http.StateActive, http.StateIdle, http.StateHijacked:
			}
		}}
		go func() { _ = server.Serve(network.Listen("a")) }()
		defer func() { _ = server.Close() }()
		up, dialled := open(t, network, "http://a")
		for range 3 {
			for range burst {
				go func() { _, _ = send(t.Context(), up, "GET", "http://orders/", nil) }()
			}
			time.Sleep(time.Second) //nolint:forbidigo // the burst is over, in fake time
		}
		// net/http dials ahead: a call may get another's connection first, and the one too many is closed.
		if n, open := dialled.Load(), live.Load(); n > burst+burst/4 || open != burst {
			t.Errorf("%d connections were made, %d are open, want about and exactly %d", n, open, burst)
		}
		up.Close()
		synctest.Wait()
		if open := live.Load(); open != 0 {
			t.Errorf("%d connections are open after Close", open)
		}
	})
}
