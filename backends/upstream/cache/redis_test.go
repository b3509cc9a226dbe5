package cache_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"tiffin/backends/upstream/cache"
	"tiffin/internal/kv"
	"tiffin/internal/kv/redistest"
)

// gateways are two caches in front of one service, each with a store of its own over one Redis.
func gateways(t *testing.T, cfg cache.Config, handler http.HandlerFunc) (one *shop, a, b *cache.Cache) {
	t.Helper()
	one = open(t, cfg, handler)
	redis := miniredis.NewMiniRedis()
	redis.ClockTTL(true)
	t.Cleanup(redis.Close)
	var caches [2]*cache.Cache
	for n := range caches {
		stored := kv.Defaults()
		stored.Redis = "redis://far:6379"
		store, err := kv.New(stored, kv.Deps{Dial: func(context.Context, string, string) (net.Conn, error) { return redis.Dial() }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { store.Run(ctx) })
		t.Cleanup(func() { cancel(); running.Wait(); _ = store.Close() })
		one.store = store
		caches[n] = one.over(t, cfg)
	}
	sleep(time.Second) // both have subscribed
	return one, caches[0], caches[1]
}

func TestGatewaysShareThroughRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := routes(cache.Route{Path: "/menus/{id}", TTL: time.Minute, StaleWhileRevalidate: time.Minute, Tags: []string{"menu:{id}"}})
		_, a, b := gateways(t, cfg, counting("Vary", "Accept"))
		send(t.Context(), a, "GET", "/menus/1", "Accept", "x")
		sleep(30 * time.Second)
		if res := send(t.Context(), b, "GET", "/menus/1", "Accept", "x"); res.did != cache.Hit || res.body != "1" || res.age != 30*time.Second {
			t.Errorf("%+v", res)
		}
		if res := send(t.Context(), b, "GET", "/menus/1", "Accept", "y"); res.did != cache.Miss || res.body != "2" {
			t.Errorf("%+v", res)
		}
		if err := a.Invalidate(t.Context(), "menu:1"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if res := send(t.Context(), b, "GET", "/menus/1", "Accept", "x"); res.did != cache.Miss || res.body != "3" {
			t.Errorf("invalidated by the other gateway: %+v", res)
		}
		sleep(90 * time.Second)
		if res := send(t.Context(), a, "GET", "/menus/1", "Accept", "x"); res.did != cache.Refreshed || res.body != "3" {
			t.Errorf("stale in Redis: %+v", res)
		}
		synctest.Wait()
		if res := send(t.Context(), a, "GET", "/menus/1", "Accept", "x"); res.did != cache.Hit || res.body != "4" {
			t.Errorf("refreshed: %+v", res)
		}
	})
}

func TestPrivateAnswersGoToRedisOnlyIfToldSo(t *testing.T) {
	for _, told := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			cfg := routes(cache.Route{Path: "/orders", TTL: time.Minute, Scope: cache.Private})
			cfg.PrivateInRedis = told
			_, a, b := gateways(t, cfg, counting())
			send(as(t.Context(), alice), a, "GET", "/orders")
			if res := send(as(t.Context(), alice), b, "GET", "/orders"); (res.did == cache.Hit) != told {
				t.Errorf("told %t: %+v", told, res)
			}
			if res := send(as(t.Context(), bob), b, "GET", "/orders"); res.did != cache.Miss {
				t.Errorf("bob: %+v", res)
			}
		})
	}
}

// A real Redis is killed in mid-load and comes back: no request fails, and while it is away there is at most one dial a second.
func TestRealRedisStoppedInMidLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	redis := redistest.Start(t)
	var off atomic.Bool
	var dialsOff, requests atomic.Int64
	stored := kv.Defaults()
	stored.Redis = redis.URL()
	store, err := kv.New(stored, kv.Deps{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if off.Load() {
			dialsOff.Add(1)
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cache.New(routes(cache.Route{Path: "/menus/{id}", TTL: time.Second, Tags: []string{"menu:{id}"}}), cache.Deps{Store: store, Next: echo{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running, load sync.WaitGroup
	var enough atomic.Bool
	running.Go(func() { store.Run(ctx) })
	for w := range 20 {
		load.Go(func() {
			for n := 0; !enough.Load(); n++ {
				if res := send(t.Context(), c, "GET", fmt.Sprint("/menus/", (w+n)%1000)); res.err != nil || res.status != 200 {
					t.Errorf("%+v", res)
				}
				if n%100 == 0 {
					_ = c.Invalidate(t.Context(), fmt.Sprint("menu:", n%1000))
				}
				requests.Add(1)
				runtime.Gosched() // as a request that waits for its client: who never waits keeps whoever dials from a processor
			}
		})
	}
	until(t, func() bool { return requests.Load() > 2000 })
	redis.Stop()
	off.Store(true)
	stopped, before := time.Now(), requests.Load()
	until(t, func() bool { return time.Since(stopped) > 2*time.Second && dialsOff.Load() > 0 })
	seconds, counted, during := time.Since(stopped).Seconds(), dialsOff.Load(), requests.Load()-before
	off.Store(false)
	redis.Start()
	until(t, func() bool { return !store.Stats().Away })
	enough.Store(true)
	load.Wait()
	until(t, func() bool { return store.Stats().Pending == 0 }) // under load there is always something
	cancel()
	running.Wait()
	c.Close()
	_ = store.Close()
	t.Logf("%d requests, %d in the %.1f s without Redis, with %d dials", requests.Load(), during, seconds, counted)
	if float64(counted) > seconds+1 || during == 0 {
		t.Errorf("%d dials and %d requests in %.1f s without Redis", counted, during, seconds)
	}
}

// until polls, for it watches another process.
func until(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-tick.C {
		if done() {
			return
		}
	}
	t.Fatal("not within 20 s")
}
