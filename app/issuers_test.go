package app_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/app"
)

// held counts the connections that are open.
type held struct {
	net.Conn

	open   *atomic.Int32
	closed atomic.Bool
}

func (h *held) Close() error {
	if !h.closed.Swap(true) {
		h.open.Add(-1)
	}
	return h.Conn.Close()
}

// An issuer is asked every few minutes: the connection is not kept until whatever stands on the way has forgotten it.
func TestConnectionsToIssuersAreNotKeptForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := idle(t)
		var open, dialled atomic.Int32
		cfg, err := app.Parse("test.yaml", []byte(w.config()))
		if err != nil {
			t.Fatal(err)
		}
		ready := make(chan app.Addresses, 1)
		program, err := app.New(cfg, app.Deps{
			OnReady: func(at app.Addresses) { ready <- at },
			Listen: func(_ context.Context, _, address string) (net.Listener, error) {
				return w.network.Listen(address), nil
			},
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := w.network.DialContext(ctx, network, address)
				if err != nil || !strings.HasPrefix("http://"+address, w.IssuerURL()) {
					return conn, err
				}
				dialled.Add(1)
				open.Add(1)
				return &held{Conn: conn, open: &open}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- program.Run(ctx) }()
		<-ready
		pass(time.Minute)
		if dialled.Load() == 0 || open.Load() != 0 {
			t.Errorf("%d connections were made to the issuer, %d are open after a minute of silence", dialled.Load(), open.Load())
		}
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
