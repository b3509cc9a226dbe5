package app_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/app"
	"tiffin/internal/demo"
	"tiffin/internal/testkit"
)

// Whoever knows a service's instances can be away when the gateway starts: it serves what the other services can give, and says what is
// missing.
func TestStartWithAServiceThatCannotBeDiscovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{network: testkit.NewNetwork(), host: "gateway", log: &bytes.Buffer{}, ended: make(chan error, 1)}
		defer w.network.Close()
		var err error
		if w.Demo, err = demo.New(demo.Config{Memory: w.network}); err != nil {
			t.Fatal(err)
		}
		if err := w.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		w.client = w.network.Client()
		urls := w.ServiceURLs()
		urls["inventory"] = "dns://inventory.test:8100?resolver=192.0.2.53"
		w.run(t, w.configOf(urls))
		if got := w.status(t, "/readyz"); got != http.StatusOK {
			t.Errorf("readyz %d", got)
		}
		page := w.ask(t, "alice", `{ orders(first: 1) { edges { node { status restaurant { name } } } } }`, nil)
		if page.at("orders", "edges", 0, "node", "status") == nil || page.at("orders", "edges", 0, "node", "restaurant") != nil {
			t.Errorf("%+v", page.Data)
		}
		if len(page.Errors) != 1 || page.Errors[0].Extensions["service"] != "inventory" || page.Errors[0].Extensions["code"] != "SERVICE_UNAVAILABLE" {
			t.Errorf("%+v", page.Errors)
		}
		w.client.CloseIdleConnections()
		w.end()
		if err := <-w.ended; err != nil {
			t.Error("Run:", err)
		}
		if !strings.Contains(w.log.String(), "discovery failed") {
			t.Errorf("the log does not say so: %s", w.log)
		}
	})
}

// A gateway ends when it is told to, also while it waits to hear of a service's instances for the first time; and by itself where it can
// never hear of them, with the reason.
func TestTheStartCanEnd(t *testing.T) {
	for name, test := range map[string]struct {
		url  string
		told bool
		want string
	}{
		"while discovery is silent":        {url: "dns://inventory.test:8100?resolver=192.0.2.53", told: true},
		"where discovery can never answer": {url: "kubernetes://shop/inventory:http", want: "this is not a pod"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBERNETES_SERVICE_HOST", "")
			synctest.Test(t, func(t *testing.T) {
				network := testkit.NewNetwork()
				defer network.Close()
				network.Listen("192.0.2.53:53") // nobody accepts, nobody answers
				w := &world{network: network}
				var err error
				if w.Demo, err = demo.New(demo.Config{Memory: network}); err != nil { // not started: it gives names
					t.Fatal(err)
				}
				urls := w.ServiceURLs()
				urls["inventory"] = test.url
				cfg, err := app.Parse("test.yaml", []byte(w.configOf(urls)))
				if err != nil {
					t.Fatal(err)
				}
				var asked atomic.Int64 // the order service, where its instances were known in time
				var log bytes.Buffer
				program, err := app.New(cfg, app.Deps{
					Log: &log, Dial: func(ctx context.Context, kind, address string) (net.Conn, error) {
						if strings.HasPrefix(address, "orders-") {
							asked.Add(1)
						}
						return network.DialContext(ctx, kind, address)
					},
					Listen: func(_ context.Context, _, address string) (net.Listener, error) { return network.Listen(address), nil },
				})
				if err != nil {
					t.Fatal(err)
				}
				ctx, end := context.WithCancel(t.Context())
				defer end()
				ended := make(chan error, 1)
				go func() { ended <- program.Run(ctx) }()
				synctest.Wait()
				began := time.Now()
				if test.told {
					end()
				}
				select {
				case err := <-ended:
					if took := time.Since(began); took > 0 || (err == nil) != test.told || err != nil && !strings.Contains(err.Error(), test.want) {
						t.Errorf("ended after %v, %v", took, err)
					}
				case <-time.After(time.Hour):
					panic("the start goes on for an hour") // and cannot be ended, so that the bubble would never be over
				}
				if test.told && (asked.Load() > 0 || strings.Contains(log.String(), `"step":"reconcile"`)) {
					t.Errorf("open orders were looked for before all services are known: %s", &log)
				}
			})
		})
	}
}
