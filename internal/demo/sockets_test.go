package demo_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"tiffin/backends/delivery"
	"tiffin/backends/upstream"
	"tiffin/fault"
	"tiffin/internal/demo"
	"tiffin/internal/demo/stage"
	"tiffin/internal/storefront"
)

// onSockets starts a world on loopback ports that are free.
func onSockets(t *testing.T) *demo.Demo {
	t.Helper()
	for range 20 {
		d, err := demo.New(demo.Config{BasePort: 20_000 + 100*rand.IntN(300)})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Start(t.Context())
		if err == nil {
			t.Cleanup(d.Close)
			return d
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
	t.Fatal("no free ports in 20 attempts")
	return nil
}

// freshClient opens a connection for each request.
func freshClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
}

// instance is the URL of one instance.
func instance(d *demo.Demo, service string, index int) string {
	return "http://" + strings.Split(strings.TrimPrefix(d.ServiceURLs()[service], "http://"), ",")[index]
}

func mustAdd(t *testing.T, d *demo.Demo, f stage.Fault) {
	t.Helper()
	if _, err := d.Faults().Add(f); err != nil {
		t.Fatal(err)
	}
}

const geocodeCurryLane = "/geocode?q=12+Curry+Lane"

func TestKindsOverSockets(t *testing.T) {
	d, client := onSockets(t), freshClient()
	whole := mustFetch(t, client, "GET", instance(d, "geocoding", 0)+geocodeCurryLane, "", 200)
	for _, tc := range []struct {
		kind   stage.Kind
		status int
		body   string
		err    error
	}{
		{stage.Down, 0, "", syscall.ECONNRESET},
		{stage.Latency, 200, whole, nil},
		{stage.Status, 503, "A fault of the board.\n", nil},
		{stage.Reset, 0, "", syscall.ECONNRESET},
		{stage.LostAnswer, 0, "", io.EOF},
		{stage.Truncate, 200, whole[:len(whole)/2], io.ErrUnexpectedEOF},
		{stage.Garbage, 200, "\x00\xff\xfe<{[ this is not an answer", nil},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			d.Faults().Clear()
			mustAdd(t, d, stage.Fault{Service: "geocoding", Instance: new(0), Kind: tc.kind, Rate: 1, MS: 20})
			start := time.Now()
			status, body, err := fetch(t.Context(), client, "GET", instance(d, "geocoding", 0)+geocodeCurryLane, "")
			if status != tc.status || body != tc.body || !isErr(err, tc.err) {
				t.Errorf("%d %q %v, want %d %q %v", status, body, err, tc.status, tc.body, tc.err)
			}
			if took := time.Since(start); tc.kind == stage.Latency && took < 20*time.Millisecond {
				t.Errorf("the answer took %v only", took)
			}
			mustFetch(t, client, "GET", instance(d, "geocoding", 1)+geocodeCurryLane, "", 200)
		})
	}
}

// isErr is errors.Is, but a connection that is reset while it is written to may also say so as a broken pipe or an early end.
func isErr(err, want error) bool {
	if errors.Is(want, syscall.ECONNRESET) {
		return errors.Is(err, want) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)
	}
	return errors.Is(err, want)
}

// Down is real: also health, the connections in the pool and the requests on their way are gone, and all comes back.
func TestDownOverSockets(t *testing.T) {
	d := onSockets(t)
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	target := instance(d, "geocoding", 0) + geocodeCurryLane
	mustAdd(t, d, stage.Fault{Service: "geocoding", Instance: new(0), Kind: stage.Latency, Rate: 1, MS: 600_000})
	waiting := make(chan error, 1)
	go func() { _, _, err := fetch(t.Context(), client, "GET", target, ""); waiting <- err }()
	for d.Calls().Snapshot()["geocoding"]["GET /geocode"] == 0 {
		if err := stage.Pause(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	mustAdd(t, d, stage.Fault{Service: "geocoding", Instance: new(0), Kind: stage.Down, Rate: 1})
	if err := <-waiting; err == nil {
		t.Error("a request on its way was answered")
	}
	for _, path := range []string{target, instance(d, "geocoding", 0) + "/health"} {
		if status, _, err := fetch(t.Context(), client, "GET", path, ""); err == nil {
			t.Errorf("%s answered %d", path, status)
		}
	}
	d.Faults().Clear()
	mustFetch(t, client, "GET", target, "", 200)
}

// The real client over the real chain: two instances of three are down, then all.
func TestClientUnderDown(t *testing.T) {
	d := onSockets(t)
	cfg := upstream.Defaults()
	cfg.URL = d.ServiceURLs()["delivery"]
	chain, err := upstream.New(cfg, upstream.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- chain.Run(ctx) }()
	defer func() { end(); <-ended }()
	<-chain.Settled()
	client := delivery.New(chain)
	quote := func() error {
		_, err := client.Quote(t.Context(), delivery.QuoteRequest{
			RestaurantID: "res_001", Dropoff: storefront.Coordinates{Latitude: 48.137, Longitude: 11.575},
		})
		return err
	}
	if err := quote(); err != nil {
		t.Fatal(err)
	}
	mustAdd(t, d, stage.Fault{Service: "delivery", Kind: stage.Down, Rate: 1})
	if err := quote(); !fault.Is(err, fault.ServiceUnavailable) {
		t.Errorf("%v", err)
	}
	d.Faults().Clear()
	if err := quote(); err != nil {
		t.Error(err)
	}
}

func TestATakenPortIsNamed(t *testing.T) {
	d := onSockets(t)
	at, err := url.Parse(d.IssuerURL())
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	taken, err := net.Listen("tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	err = d.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "issuer: the address "+at.Host+" is taken") || !strings.Contains(err.Error(), "--base-port") {
		t.Errorf("%v", err)
	}
	first, err := net.Listen("tcp", strings.TrimPrefix(instance(d, "orders", 0), "http://"))
	if err != nil {
		t.Fatalf("a failed start keeps ports: %v", err)
	}
	_ = first.Close() // it was free: that was all
}

func TestRunEndsWithItsContext(t *testing.T) {
	d := onSockets(t)
	d.Close() // its ports are free now
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	for {
		if status, _, err := fetch(t.Context(), freshClient(), "GET", d.BoardURL()+"/calls", ""); err == nil && status == 200 {
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, _, err := fetch(t.Context(), freshClient(), "GET", d.BoardURL()+"/calls", ""); err == nil {
		t.Error("the board still answers")
	}
}
