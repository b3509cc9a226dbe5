package kv

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tiffin/internal/kv/link"
	"tiffin/internal/kv/redistest"
)

// within polls, for it watches another process.
func within(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-tick.C {
		if done() {
			return
		}
	}
	t.Fatalf("not within 20 s: %s", what)
}

// A real Redis is killed in mid-load: every value is served, by the service if need be, and while it is away there is at most one dial per
// probe. Then it comes back and is used again.
func TestRealRedisStoppedInMidLoad(t *testing.T) {
	redis := redistest.Start(t)
	var off atomic.Bool
	var dials, dialsOff, failures atomic.Int64
	cfg := Defaults()
	cfg.Redis = redis.URL()
	// It is found out ten times as often as in earnest whether Redis is back, so that the outage can be short; the rest is the same.
	const probe = 100 * time.Millisecond
	links := link.NewLinks(link.Deps{
		Probe: probe,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.Add(1)
			if off.Load() {
				dialsOff.Add(1)
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	})
	s, err := New(cfg, Deps{Links: links, Failed: func(error) { failures.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running, load sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	var requests, slow atomic.Int64
	for w := range 50 {
		load.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				start := time.Now()
				slot, err := s.Slot(ctx, fmt.Sprint(w, n/2), fmt.Sprint("tag", n%500))
				if err != nil {
					t.Error(err)
				}
				if _, ok := s.Get(ctx, slot); !ok {
					s.Set(ctx, slot, "value", time.Minute)
				}
				requests.Add(1)
				runtime.Gosched() // as a request that waits for its client: fifty who never wait would keep whoever dials from a processor for longer than a dial may take
				if time.Since(start) > time.Second {
					slow.Add(1)
				}
			}
		})
	}
	const outage = 10 * probe
	within(t, "Redis answers", func() bool { return requests.Load() > 500 && !s.Stats().Away })
	redis.Stop()
	off.Store(true)
	stopped, before := time.Now(), requests.Load()
	within(t, "Redis was asked for while it is away", func() bool { return time.Since(stopped) >= outage && dialsOff.Load() > 0 })
	took, during, counted := time.Since(stopped), requests.Load()-before, dialsOff.Load()
	off.Store(false)
	if counted > int64(took/probe)+1 {
		t.Errorf("%d dials in %v", counted, took)
	}
	redis.Start()
	within(t, "Redis is used again", func() bool { return !s.Stats().Away })
	cancel()
	load.Wait()
	running.Wait()
	t.Logf("%d requests, %d of them in the outage of %v with %d dials, %d over 1 s; in all %d dials, %d failed operations",
		requests.Load(), during, took, counted, slow.Load(), dials.Load(), failures.Load())
	if during == 0 {
		t.Error("nothing was served in the outage")
	}
	_ = s.Close()
}

// Over a real Redis: what one gateway stores another one finds, and forgets when the first one says so.
func TestRealRedisIsShared(t *testing.T) {
	redis := redistest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	var gateways [2]*Store
	for n := range gateways {
		cfg := Defaults()
		cfg.Redis = redis.URL()
		links := link.NewLinks(link.Deps{Exchange: time.Minute}) // the machine may be busy
		var err error
		if gateways[n], err = New(cfg, Deps{Links: links, Failed: func(err error) { t.Error(err) }}); err != nil {
			t.Fatal(err)
		}
		running.Go(func() { gateways[n].Run(ctx) })
	}
	a, b := gateways[0], gateways[1]
	within(t, "both have subscribed", func() bool {
		subscribers, err := a.shared.client.PubSubNumSub(ctx, a.shared.channel()).Result()
		return err == nil && subscribers[a.shared.channel()] == 2
	})
	within(t, "what is stored is found", func() bool { // again, for a subscription that begins distrusts what is known
		a.Set(ctx, take(t, a, "menu", "menu:1"), "old", time.Hour)
		value, _ := b.Get(ctx, take(t, b, "menu", "menu:1"))
		return value == "old"
	})
	if err := a.Invalidate(ctx, "menu:1"); err != nil {
		t.Fatal(err)
	}
	within(t, "the other has forgotten", func() bool {
		_, kept := b.Get(ctx, take(t, b, "menu", "menu:1"))
		return !kept
	})
	cancel()
	running.Wait()
	for _, s := range gateways {
		_ = s.Close()
	}
}
