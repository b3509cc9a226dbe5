package kv

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/eko/gocache/lib/v4/cache"
	"github.com/eko/gocache/lib/v4/store"
	redisstore "github.com/eko/gocache/store/redis/v4"
	"github.com/maypok86/otter/v2"
)

// What gocache, otter and go-redis do, which this package is built around. A failure here says that the reason for some of its code is
// gone, or that there is a new one.

func TestTrapBytesFromRedisReadBackEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newFar(t).gateway(t).shared
		values := cache.New[[]byte](redisstore.NewRedis(shared.client))
		if err := values.Set(t.Context(), "k", []byte("v"), store.WithExpiration(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if value, err := values.Get(t.Context(), "k"); len(value) != 0 || err != nil {
			t.Errorf("%q, %v: Cache[[]byte] works by now", value, err)
		}
		if _, _, ok := decodeFrame(""); ok {
			t.Error("an empty text passes for a value")
		}
	})
}

func TestTrapClearIsFlushAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		shared := far.gateway(t).shared
		_ = far.Set("somebody's", "value")
		if err := shared.values.Clear(t.Context()); err == nil || !far.Exists("somebody's") {
			t.Errorf("Clear = %v; another's key is there: %t", err, far.Exists("somebody's"))
		}
		if err := cache.New[string](redisstore.NewRedis(shared.client)).Clear(t.Context()); err != nil || far.Exists("somebody's") {
			t.Error("gocache's Clear is no FLUSHALL any more")
		}
	})
}

// The default of otter ticks: with it, a bubble needs StopAllGoroutines.
func TestTrapOtterTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ticking := otter.Must(&otter.Options[string, string]{ExpiryCalculator: otter.ExpiryWriting[string, string](time.Minute)})
		if !ticking.StopAllGoroutines() {
			t.Error("otter does not tick by default any more")
		}
	})
}
