package health

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/call"
	"tiffin/internal/testkit"
)

// patient is an instance whose health the test decides.
type patient struct {
	status atomic.Int32 // 0: no answer
	asked  atomic.Int32
}

func (p *patient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	if r.Method+" "+r.RequestURI != "GET /healthz?deep=1" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	if p.status.Load() == 0 {
		<-r.Context().Done()
		return
	}
	w.WriteHeader(int(p.status.Load()))
}

// ward is a Set of a and b, on a network, with a Checker that runs until the test ends.
type ward struct {
	*balance.Set
	log

	a, b    patient
	network *testkit.Network
	dialled atomic.Int32
}

func newWard(t *testing.T, cfg ActiveConfig, random func() float64) *ward {
	t.Helper()
	w := &ward{Set: newSet(t, "a:1", "b:1")}
	w.a.status.Store(200)
	w.b.status.Store(204)
	w.network = testkit.Start(t, map[string]http.Handler{"a:1": &w.a, "b:1": &w.b})
	dial := func(ctx context.Context, kind, addr string) (net.Conn, error) {
		w.dialled.Add(1)
		return w.network.DialContext(ctx, kind, addr)
	}
	checker, err := NewChecker(cfg, call.Target{Scheme: "http"}, CheckerDeps{
		Set: w.Set, Transport: NewTransport(dial, nil), Rand: random, Checked: w.checked,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		checker.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

func (w *ward) checked(c Checked) {
	state := map[bool]string{true: "well", false: "down"}[c.Healthy]
	if errors.Is(c.Err, context.DeadlineExceeded) {
		state += " (time-out)"
	}
	w.add("%s %s", c.Addr, state)
}

func active() ActiveConfig {
	cfg := Defaults().Active
	cfg.Path = "/healthz?deep=1"
	return cfg
}

// half makes checks at 0.5 s and then every 10 s.
func half() float64 { return 0.5 }

func TestThresholds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, active(), half)
		w.a.status.Store(503)
		advance(20 * second) // two bad checks
		w.a.status.Store(200)
		advance(10 * second) // a good one
		w.a.status.Store(302)
		advance(20 * second)
		w.told(t)
		advance(10 * second)
		w.told(t, "a:1 down")
		if got := picked(t, w.Set); got != "b:1" {
			t.Errorf("%s are picked", got)
		}
		w.a.status.Store(200)
		advance(10 * second)
		w.told(t, "a:1 well")
		if got := picked(t, w.Set); got != "a:1b:1" {
			t.Errorf("%s are picked", got)
		}
		if n := w.dialled.Load(); n != 14 || w.a.asked.Load() != 7 {
			t.Errorf("%d connections, a was asked %d times, want 14 and 7", n, w.a.asked.Load())
		}
	})
}

func TestNoAnswerAndNoConnectionAreBad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := active()
		cfg.UnhealthyAfter, cfg.HealthyAfter = 1, 2
		w := newWard(t, cfg, half)
		w.a.status.Store(0)
		advance(second + second/2 - 1)
		w.told(t)
		advance(1)
		w.told(t, "a:1 down (time-out)")
		w.network.Stop("b:1")
		advance(10 * second)
		w.told(t, "b:1 down")
		if got := picked(t, w.Set); got != "a:1b:1" {
			t.Errorf("%s are picked: all are down, so health is ignored", got)
		}
		w.a.status.Store(200)
		advance(11 * second) // the next is 10 s after the end of the one that got no answer
		w.told(t)
		advance(10 * second)
		w.told(t, "a:1 well")
	})
}

func TestTheSetIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, active(), half)
		var c patient
		c.status.Store(200)
		w.network.Serve("c:1", &c)
		advance(10 * second)
		w.Update(endpoints("a:1", "c:1"))
		advance(time.Minute)
		if a, b, c := w.a.asked.Load(), w.b.asked.Load(), c.asked.Load(); a != 7 || b != 1 || c != 6 {
			t.Errorf("asked %d, %d, %d times, want 7, 1, 6", a, b, c)
		}
	})
}

func TestChecksAreSpread(t *testing.T) {
	for random, want := range map[float64]time.Duration{0: 8 * second, 0.5: 10 * second, 1: 12 * second} {
		c := &Checker{cfg: active(), deps: CheckerDeps{Rand: func() float64 { return random }}}
		if got := c.pause(); got != want {
			t.Errorf("%g: %s, want %s", random, got, want)
		}
	}
}

func TestWithoutAPathNothingIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := active()
		cfg.Path = ""
		w := newWard(t, cfg, half)
		advance(time.Minute)
		if n := w.dialled.Load(); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}
