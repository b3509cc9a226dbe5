package upstream_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiffin/backends/upstream"
	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/discovery"
	"tiffin/internal/testkit"
)

// Instances come and go with discovery; connections to those that left are closed.
func TestInstancesFollowDiscovery(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.json")
	write := func(text string) {
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	changes, failures := make(chan discovery.Change, 10), make(chan error, 10)
	network := testkit.Start(t, map[string]http.Handler{"a:1": says("a"), "b:1": says("b")})
	closed := make(chan string, 10)
	cfg := upstream.Defaults()
	cfg.URL = "file://" + path
	up := run(t, cfg, upstream.Deps{
		Dial: func(ctx context.Context, kind, addr string) (net.Conn, error) {
			conn, err := network.DialContext(ctx, kind, addr)
			return &watched{conn, func() { closed <- addr }}, err
		},
		Events: upstream.Events{
			Discovered:      func(c discovery.Change) { changes <- c },
			DiscoveryFailed: func(err error) { failures <- err },
		},
	})
	if _, err := send(t.Context(), up, "GET", "http://orders/", nil); !errors.Is(err, balance.ErrNoInstance) {
		t.Errorf("before the file is there: %v", err)
	}
	<-failures
	write(`[{"addr":"a:1"}]`)
	<-changes
	if text, err := send(t.Context(), up, "GET", "http://orders/", nil); text != "a" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	write(`[{"addr":"b:1"}]`)
	if change := <-changes; len(change.Added) != 1 || len(change.Removed) != 1 {
		t.Errorf("%+v", change)
	}
	if addr := <-closed; addr != "a:1" {
		t.Errorf("the connection to %s was closed first", addr)
	}
	for range 5 {
		if text, err := send(t.Context(), up, "GET", "http://orders/", nil); text != "b" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}
	write(`[]`)
	if err := <-failures; !errors.Is(err, discovery.ErrEmpty) {
		t.Error(err)
	}
	if text, err := send(t.Context(), up, "GET", "http://orders/", nil); text != "b" || err != nil {
		t.Errorf("after an empty answer: %q, %v", text, err)
	}
}

// Who waits to hear of the instances hears, too, that nothing will ever be heard of them.
func TestDiscoveryThatCanNeverWorkIsSettled(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	cfg := upstream.Defaults()
	cfg.URL = "kubernetes://shop/orders:http"
	up, err := upstream.New(cfg, upstream.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "not a pod") {
		t.Errorf("Run: %v", err)
	}
	select {
	case <-up.Settled():
	default:
		t.Error("not settled")
	}
	if status := up.Status("orders"); !strings.Contains(status.DiscoveryError, "not a pod") {
		t.Errorf("%+v", status)
	}
}
