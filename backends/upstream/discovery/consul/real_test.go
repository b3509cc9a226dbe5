//go:build servers

package consul_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/consul"
	"tiffin/backends/upstream/discovery/discoverytest"
)

func TestRealConformance(t *testing.T) {
	a := startAgent(t)
	discoverytest.Run(t, discoverytest.Suite{
		Real: true,
		Open: func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
			a.t = t
			a.Set(first)
			return consul.New(a.config("orders"), consul.Deps{Dial: a.gate.DialContext}), a
		},
	})
}

func TestReal(t *testing.T) {
	a := startAgent(t)
	for name, test := range map[string]func(*testing.T, *agent){
		"checks": realChecks, "what is read": realFields, "blocking": realBlocking, "a query's end": realWait, "token": realToken,
		"rights": realRights, "another datacenter": realDatacenter, "restart": realRestart, "frozen": realFrozen,
	} {
		t.Run(name, func(t *testing.T) {
			defer func(before *testing.T) { a.t = before }(a.t)
			a.t = t
			test(t, a)
		})
	}
}

// An instance is there from the moment its check passes to the moment it does not, or is deregistered.
func realChecks(_ *testing.T, a *agent) {
	one, two := discovery.Endpoint{Addr: "10.0.0.1:8100", Weight: 1}, discovery.Endpoint{Addr: "10.0.0.2:8100", Weight: 1}
	a.register("orders-checked-1", "10.0.0.1", 8100, nil)
	w := a.watch(a.config("orders-checked"))
	if err := w.Failure(); !errors.Is(err, discovery.ErrEmpty) {
		a.t.Errorf("before its check has passed: %v", err)
	}
	a.check("orders-checked-1", "pass")
	w.Set([]discovery.Endpoint{one})
	a.register("orders-checked-2", "10.0.0.2", 8100, nil)
	a.check("orders-checked-2", "pass")
	w.Set([]discovery.Endpoint{one, two})
	a.check("orders-checked-1", "warn")
	w.Set([]discovery.Endpoint{two})
	a.check("orders-checked-1", "pass")
	w.Set([]discovery.Endpoint{one, two})
	a.check("orders-checked-2", "fail")
	w.Set([]discovery.Endpoint{one})
	a.must(http.MethodPut, "/v1/agent/service/deregister/orders-checked-1", nil)
	if err := w.Failure(); !errors.Is(err, discovery.ErrEmpty) {
		a.t.Errorf("after the last one has left: %v", err)
	}
	a.check("orders-checked-2", "pass")
	w.Set([]discovery.Endpoint{two})
}

func realFields(_ *testing.T, a *agent) {
	v1 := []string{"v1", "blue"}
	a.register("orders-read-1", "10.0.0.1", 80, map[string]any{"Tags": v1, "Weights": map[string]int{"Passing": 10, "Warning": 1}, "Meta": map[string]string{"zone": "a"}})
	a.register("orders-read-2", "", 80, map[string]any{"Tags": v1}) // at its node's address
	a.register("orders-read-3", "2001:db8::3", 80, map[string]any{"Tags": v1})
	a.register("orders-read-4", "Orders-4.internal", 80, map[string]any{"Tags": v1})
	a.register("orders-read-5", "10.0.0.5", 80, map[string]any{"Tags": v1[:1]})
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		a.check("orders-read-"+id, "pass")
	}
	cfg := a.config("orders-read")
	cfg.Tags, cfg.Datacenter = v1, "eu"
	a.watch(cfg).Set([]discovery.Endpoint{
		{Addr: "10.0.0.1:80", Weight: 10, Zone: "a"}, {Addr: "127.0.0.1:80", Weight: 1}, {Addr: "[2001:db8::3]:80", Weight: 1}, {Addr: "orders-4.internal:80", Weight: 1},
	})
}

// A query blocks while nothing changes, whatever else happens in the datacenter.
func realBlocking(_ *testing.T, a *agent) {
	a.register("orders-blocking-1", "10.0.0.1", 80, nil)
	a.check("orders-blocking-1", "pass")
	var dialer requests
	w := discoverytest.Start(a.t, consul.New(a.config("orders-blocking"), consul.Deps{Dial: dialer.dial}), true)
	w.Set([]discovery.Endpoint{{Addr: "10.0.0.1:80", Weight: 1}})
	dialer.until(a.t, 2)
	a.register("orders-elsewhere-1", "10.0.0.9", 80, nil)
	for began := time.Now(); time.Since(began) < time.Second; { // in which one that does not block asks ten times
		a.must(http.MethodPut, "/v1/kv/unrelated", "x")
	}
	if n := dialer.sent.Load(); n != 2 {
		a.t.Errorf("%d queries while nothing changed, want the first and one that blocks", n)
	}
	a.register("orders-blocking-2", "10.0.0.2", 80, nil)
	a.check("orders-blocking-2", "pass")
	w.Until([]discovery.Endpoint{{Addr: "10.0.0.1:80", Weight: 1}, {Addr: "10.0.0.2:80", Weight: 1}})
}

// A query that ends without a change goes on, and is no news.
func realWait(_ *testing.T, a *agent) {
	a.register("orders-waiting-1", "10.0.0.1", 80, nil)
	a.check("orders-waiting-1", "pass")
	var dialer requests
	cfg := a.config("orders-waiting")
	cfg.Wait = 200 * time.Millisecond
	w := discoverytest.Start(a.t, consul.New(cfg, consul.Deps{Dial: dialer.dial}), true)
	w.Set([]discovery.Endpoint{{Addr: "10.0.0.1:80", Weight: 1}})
	dialer.until(a.t, 5)
	if more := w.Drain(); more != nil {
		a.t.Errorf("reported %v", more)
	}
	a.check("orders-waiting-1", "fail")
	if err := w.Failure(); !errors.Is(err, discovery.ErrEmpty) {
		a.t.Error(err)
	}
}

// A token is refused once it is deleted; the next one in the file is taken.
func realToken(_ *testing.T, a *agent) {
	a.register("orders-token-1", "10.0.0.1", 80, nil)
	a.check("orders-token-1", "pass")
	cfg := a.config("orders-token")
	cfg.TokenFile, cfg.Wait = filepath.Join(a.t.TempDir(), "token"), time.Second
	accessor := a.tokenFile(cfg.TokenFile, "reader")
	w := a.watch(cfg)
	w.Set([]discovery.Endpoint{{Addr: "10.0.0.1:80", Weight: 1}})
	a.must(http.MethodDelete, "/v1/acl/token/"+accessor, nil)
	err := w.Failure()
	secret, _ := os.ReadFile(cfg.TokenFile)
	if text := err.Error(); !strings.Contains(text, "status 403, ") || !strings.Contains(text, "ACL not found") || !strings.Contains(text, "needs service:read and node:read") {
		a.t.Errorf("a deleted token: %v", err)
	} else if strings.Contains(text, strings.TrimSpace(string(secret))) {
		a.t.Errorf("the token is in the failure %v", err)
	}
	a.tokenFile(cfg.TokenFile, "reader")
	w.Recovery([]discovery.Endpoint{{Addr: "10.0.0.1:80", Weight: 1}})
}

// Who may not see the instances is told so, and not that there are none.
func realRights(_ *testing.T, a *agent) {
	a.register("orders-rights-1", "10.0.0.1", 80, nil)
	a.check("orders-rights-1", "pass")
	for name, rules := range map[string]string{
		"anonymous": "", "services only": `service_prefix "orders" { policy = "read" }`, "nodes only": `node_prefix "" { policy = "read" }`,
		"another service": `service "payments" { policy = "read" } node_prefix "" { policy = "read" }`,
	} {
		cfg := a.config("orders-rights")
		cfg.TokenFile = ""
		if rules != "" {
			cfg.TokenFile = filepath.Join(a.t.TempDir(), "token")
			a.policy(strings.ReplaceAll(name, " ", "-"), rules)
			a.tokenFile(cfg.TokenFile, strings.ReplaceAll(name, " ", "-"))
		}
		if err := a.watch(cfg).Failure(); !strings.Contains(err.Error(), "needs service:read and node:read") {
			a.t.Errorf("%s: %v", name, err)
		}
	}
}

func realDatacenter(_ *testing.T, a *agent) {
	cfg := a.config("orders")
	cfg.Datacenter = "us"
	if err := a.watch(cfg).Failure(); !strings.Contains(err.Error(), `No path to datacenter`) || errors.Is(err, discovery.ErrEmpty) {
		a.t.Error(err)
	}
}

// An agent that is stopped and comes back is noticed by a query that ran, or by none. Either way nothing changes by it, and the next change
// is seen.
func realRestart(_ *testing.T, a *agent) {
	set := discoverytest.Endpoints("10.0.0.1", "10.0.0.2")
	a.Set(set)
	w := a.watch(a.config("orders"))
	w.Set(set)
	a.restart()
	a.Set(set[:1])
	w.Until(set[:1])
}

// An agent that is there and says nothing is a failure once a query has waited for longer than it may.
func realFrozen(_ *testing.T, a *agent) {
	a.register("orders-frozen-1", "10.0.0.1", 80, nil)
	a.check("orders-frozen-1", "pass")
	cfg := a.config("orders-frozen")
	cfg.Wait = time.Second
	w := a.watch(cfg)
	w.Set([]discovery.Endpoint{{Addr: "10.0.0.1:80"}})
	a.program.Signal(syscall.SIGSTOP)
	defer a.program.Signal(syscall.SIGCONT)
	if err := w.Failure(); !errors.Is(err, context.DeadlineExceeded) {
		a.t.Error(err)
	}
	a.program.Signal(syscall.SIGCONT)
	w.Recovery([]discovery.Endpoint{{Addr: "10.0.0.1:80"}})
}

// requests counts those that a provider sends.
type requests struct{ sent atomic.Int64 }

func (r *requests) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	return &counting{Conn: conn, sent: &r.sent}, err
}

// until waits for that many.
func (r *requests) until(t *testing.T, n int64) {
	t.Helper()
	discoverytest.Eventually(t, func() error {
		if r.sent.Load() < n {
			return errors.New("too few requests")
		}
		return nil
	})
}

type counting struct {
	net.Conn
	sent *atomic.Int64
}

// Write sees the beginning of each request: net/http writes a header in one piece.
func (c *counting) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), "GET /v1/health/service/") {
		c.sent.Add(1)
	}
	return c.Conn.Write(p)
}
