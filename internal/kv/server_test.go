package kv

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// A real Redis is killed in mid-load: every value is served, by the service if need be, and while it is away there is at most one dial a
// second. Then it comes back and is used again.
func TestRealRedisStoppedInMidLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	redis := redistest.Start(t)
	var off atomic.Bool
	var dials, dialsOff, failures atomic.Int64
	cfg := Defaults()
	cfg.Redis = redis.URL()
	s, err := New(cfg, Deps{
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.Add(1)
			if off.Load() {
				dialsOff.Add(1)
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
		Failed: func(error) { failures.Add(1) },
	})
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
				if time.Since(start) > time.Second {
					slow.Add(1)
				}
			}
		})
	}
	const outage = 4 * time.Second
	within(t, "Redis answers", func() bool { return requests.Load() > 5000 && !s.Stats().Away })
	redis.Stop()
	off.Store(true)
	stopped, before := time.Now(), requests.Load()
	within(t, "the outage is over", func() bool { return time.Since(stopped) >= outage })
	seconds, during, counted := time.Since(stopped).Seconds(), requests.Load()-before, dialsOff.Load()
	off.Store(false)
	if float64(counted) > seconds+1 || counted == 0 {
		t.Errorf("%d dials in %.1f s", counted, seconds)
	}
	redis.Start()
	within(t, "Redis is used again", func() bool { return !s.Stats().Away })
	cancel()
	load.Wait()
	running.Wait()
	t.Logf("%d requests, %d of them in the outage of %.1f s with %d dials, %d over 1 s; in all %d dials, %d failed operations",
		requests.Load(), during, seconds, counted, slow.Load(), dials.Load(), failures.Load())
	if during == 0 {
		t.Error("nothing was served in the outage")
	}
	_ = s.Close()
}
