package app_test

import (
	"bytes"
	"context"
	"net"
	"testing"
	"testing/synctest"

	"tiffin/internal/demo"
	"tiffin/internal/drill"
	"tiffin/internal/testkit"
)

// inDrill runs a drill against a world of its own in fake time, with the latency of a network in the services, and fails the test where
// a promise was not kept.
func inDrill(t *testing.T, run func(context.Context, drill.World) (drill.Report, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{network: testkit.NewNetwork(), host: "gateway", log: &bytes.Buffer{}, ended: make(chan error, 1)}
		defer w.network.Close()
		var err error
		if w.Demo, err = demo.New(demo.Config{Memory: w.network, Latency: true}); err != nil {
			t.Fatal(err)
		}
		if err := w.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		books := drill.NewBooks()
		tap := drill.NewTap(books, drill.Network{Dial: w.network.DialContext, Listen: func(_ context.Context, instance string) (net.Listener, error) {
			return w.network.Listen("tap-" + instance), nil
		}})
		defer tap.Close()
		urls := w.ServiceURLs()
		for service, url := range urls {
			if urls[service], err = tap.Front(service, url); err != nil {
				t.Fatal(err)
			}
		}
		w.run(t, w.configOf(urls)+"edge: {rate_limit: {disabled: true}}\n") // one caller is the whole load
		client := w.network.Client()
		defer client.CloseIdleConnections()
		report, err := run(t.Context(), drill.World{
			GraphQL: "http://gateway/graphql", Board: w.BoardURL(), Issuer: w.IssuerURL(), Client: client, Books: books,
		})
		for _, line := range report.Lines {
			t.Log(line)
		}
		for _, broken := range report.Broken {
			t.Error(broken)
		}
		if err != nil {
			t.Error(err)
		}
		w.end()
		if err := <-w.ended; err != nil {
			t.Error("Run:", err)
		}
	})
}

// One instance of three is down and one slow, then both are back.
func TestDrillOfInventoryInFull(t *testing.T) {
	testkit.InFull(t)
	inDrill(t, drill.Inventory)
}

// All instances are down, for so long that breakers have waited several times.
func TestDrillOfDelivery(t *testing.T) {
	const seconds = 20
	inDrill(t, func(ctx context.Context, w drill.World) (drill.Report, error) { return drill.Delivery(ctx, w, seconds) })
}
