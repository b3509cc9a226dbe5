package app_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

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
