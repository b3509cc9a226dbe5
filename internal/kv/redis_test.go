package kv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

// What one gateway stores another one finds, for what is left of its time and no longer.
func TestRedisIsTheSecondLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a, b := far.gateway(t), far.gateway(t)
		a.Set(t.Context(), take(t, a, "menu", "menu:1"), "dosa", time.Minute)
		sleep(20 * time.Second)
		slot := take(t, b, "menu", "menu:1")
		if _, ok := b.Peek(t.Context(), slot); ok {
			t.Error("there before anybody asked Redis")
		}
		if value, ok := b.Get(t.Context(), slot); value != "dosa" || !ok {
			t.Errorf("Get = %q, %t", value, ok)
		}
		if _, left, _ := b.memory.GetWithTTL(t.Context(), slot.key); left != 40*time.Second {
			t.Errorf("the memory keeps it for %v, not for what is left", left)
		}
		stats := b.Stats()
		if stats.SharedHits != 1 || stats.MemoryMisses != 1 || stats.MemoryHits != 0 || stats.Away {
			t.Errorf("%+v", stats)
		}
		for _, key := range far.Keys() {
			if !strings.HasPrefix(key, "tiffin:") || far.TTL(key) <= 0 || strings.HasSuffix(key, "menu") {
				t.Errorf("key %q lives for %v", key, far.TTL(key))
			}
		}
	})
}

func TestUnsharedValuesStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a, b := far.gateway(t), far.gateway(t)
		a.Set(t.Context(), take(t, a, "orders of alice").Unshared(), "secret", time.Minute)
		if _, ok := a.Get(t.Context(), take(t, a, "orders of alice").Unshared()); !ok {
			t.Error("not kept in memory")
		}
		if _, ok := b.Get(t.Context(), take(t, b, "orders of alice")); ok {
			t.Error("it went to Redis")
		}
	})
}

// An invalidation reaches memory, Redis, and the memory of a gateway that listens at once.
func TestInvalidationReachesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a, listening, deaf := far.running(t), far.running(t), far.gateway(t)
		sleep(time.Second) // they have subscribed
		gateways := []*Store{a, listening, deaf}
		a.Set(t.Context(), take(t, a, "menu", "menu:1"), "old", time.Hour)
		for _, s := range gateways {
			if value, _ := s.Get(t.Context(), take(t, s, "menu", "menu:1")); value != "old" {
				t.Fatalf("%q", value)
			}
		}
		before := take(t, listening, "menu", "menu:1")
		if err := a.Invalidate(t.Context(), "menu:1"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		listening.Set(t.Context(), before, "made before", time.Hour)
		for n, want := range []string{"", "", "old"} { // the deaf one missed the message
			if value, _ := gateways[n].Get(t.Context(), take(t, gateways[n], "menu", "menu:1")); value != want {
				t.Errorf("gateway %d serves %q, want %q", n, value, want)
			}
		}
		sleep(deaf.cfg.Recheck)
		if value, ok := deaf.Get(t.Context(), take(t, deaf, "menu", "menu:1")); ok {
			t.Errorf("%q is served %v after it was invalidated", value, deaf.cfg.Recheck)
		}
		if n := far.failures.Load(); n != 0 {
			t.Errorf("%d failures", n)
		}
	})
}

func TestNothingIsResurrected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.gateway(t)
		a.Set(t.Context(), take(t, a, "menu", "menu:1"), "old", 20*time.Hour)
		for _, key := range far.Keys() {
			if strings.Contains(key, ":g:") {
				far.Del(key) // evicted, say
			}
		}
		b := far.gateway(t)
		if value, ok := b.Get(t.Context(), take(t, b, "menu", "menu:1")); ok {
			t.Errorf("%q is served, though its generation was lost", value)
		}
	})
}

// While Redis is away the memory serves alone, nothing fails, nothing waits, and there is at most one dial a second.
func TestRedisAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.running(t)
		sleep(time.Second)
		a.Set(t.Context(), take(t, a, "k", "tag"), "v", time.Hour)
		far.leave()

		const outage = 50 * time.Second
		start := time.Now()
		for n := 0; time.Since(start) < outage; n++ {
			name := fmt.Sprint("k", n%50)
			begun := time.Now()
			slot := take(t, a, name, "tag", "tag:"+name)
			if _, ok := a.Get(t.Context(), slot); !ok {
				a.Set(t.Context(), slot, "v", time.Hour)
			}
			if _, ok := a.Get(t.Context(), slot); !ok {
				t.Fatalf("%s is not kept while Redis is away", name)
			}
			if took := time.Since(begun); took > a.shared.link.Longest() {
				t.Errorf("took %v", took)
			}
			sleep(10 * time.Millisecond)
		}
		if n := far.whileOff.Load(); n > int32(outage/time.Second)+1 || n < 5 {
			t.Errorf("%d dials in %v", n, outage)
		}
		if value, ok := a.Get(t.Context(), take(t, a, "k", "tag")); value != "v" || !ok {
			t.Errorf("what was in memory before: %q, %t", value, ok)
		}
		if !a.Stats().Away {
			t.Error("Stats do not say that it is away")
		}

		far.refusing.Store(false)
		sleep(3 * time.Second)
		if a.Stats().Away {
			t.Error("it is back, and nobody saw it")
		}
		take(t, a, "new", "tag") // may find a connection of before the outage, which tells nothing of now
		sleep(a.shared.link.Probe())
		b := far.gateway(t)
		slot := take(t, a, "new", "tag")
		a.Set(t.Context(), slot, "v", time.Minute)
		if value, ok := b.Get(t.Context(), take(t, b, "new", "tag")); value != "v" || !ok {
			t.Errorf("what was stored after its return is not shared: %q, %t", value, ok)
		}
	})
}

// A message is lost while the subscription is away: with its return nothing is believed any more, long before Recheck.
func TestAMessageIsLostBetweenSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.running(t)
		sleep(time.Second)
		a.Set(t.Context(), take(t, a, "menu", "menu:1"), "old", time.Hour)
		far.leave()
		far.refusing.Store(false)
		if err := far.gateway(t).Invalidate(t.Context(), "menu:1"); err != nil {
			t.Fatal(err)
		}
		if value, _ := a.Get(t.Context(), take(t, a, "menu", "menu:1")); value != "old" {
			t.Errorf("%q: the test shows nothing, the message was heard", value)
		}
		sleep(3 * time.Second)
		for range 2 { // the first may find a dead connection
			if value, ok := a.Get(t.Context(), take(t, a, "menu", "menu:1")); ok {
				t.Errorf("%q is served", value)
			}
			sleep(a.shared.link.Probe())
		}
	})
}

// An answer of Redis that was under way when a subscription began is not believed either: it may be of before what was missed.
func TestWhatIsBeingAskedIsDistrusted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.gateway(t)
		old := take(t, a, "menu", "menu:1")
		a.generations.distrust()
		far.delay.Store(int64(10 * time.Millisecond))
		asked := make(chan Slot)
		go func() { asked <- take(t, a, "menu", "menu:1") }()
		sleep(5 * time.Millisecond)
		_ = far.Set("tiffin:g:menu:1", "invalidated, and the message was lost")
		a.take(&redis.Subscription{})
		if slot := <-asked; slot != old {
			t.Error("the test shows nothing: it was asked after the invalidation")
		}
		if slot := take(t, a, "menu", "menu:1"); slot == old {
			t.Error("what was answered before is believed")
		}
	})
}

// A generation is as old as the question: however long its answer was under way, Recheck is not passed.
func TestRecheckCountsFromTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.gateway(t)
		take(t, a, "any") // connects
		far.delay.Store(int64(15 * time.Millisecond))
		asked := time.Now()
		old := take(t, a, "menu", "menu:1")
		far.delay.Store(0)
		_ = far.Set("tiffin:g:menu:1", "invalidated, and the message was lost")
		if slot := take(t, a, "menu", "menu:1"); slot != old {
			t.Error("the test shows nothing: it was asked again")
		}
		sleep(a.cfg.Recheck - time.Since(asked))
		if slot := take(t, a, "menu", "menu:1"); slot == old {
			t.Errorf("believed %v after it was asked", time.Since(asked))
		}
	})
}

// One failure makes a generation our own for a moment, not for Recheck: Redis is there.
func TestAFailureIsSoonForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.gateway(t)
		take(t, a, "any") // connects
		far.leave()
		far.refusing.Store(false)
		if slot := take(t, a, "menu", "menu:1"); slot.shared || a.Stats().Away {
			t.Errorf("the test shows nothing: shared %t, away %t", slot.shared, a.Stats().Away)
		}
		sleep(a.shared.link.Probe())
		if slot := take(t, a, "menu", "menu:1"); !slot.shared {
			t.Error("a second later it is still our own")
		}
	})
}

// Recheck bounds what memory serves, also while nobody can be asked.
func TestMemoryIsNotBelievedWhileRedisIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.gateway(t)
		a.Set(t.Context(), take(t, a, "k", "tag"), "v", time.Hour)
		far.leave()
		sleep(time.Minute)
		if value, ok := a.Get(t.Context(), take(t, a, "k", "tag")); ok {
			t.Errorf("%q: somebody may have invalidated it long ago", value)
		}
	})
}

// Redis accepts connections and says nothing: three operations find out, the others do not wait.
func TestRedisHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		far.silent.Store(true)
		a := far.gateway(t)
		start := time.Now()
		for n := range 100 {
			a.Set(t.Context(), take(t, a, "k", fmt.Sprint(n)), "v", time.Hour)
		}
		if took := time.Since(start); took > 3*a.shared.link.Longest() {
			t.Errorf("100 operations took %v", took)
		}
		if !a.Stats().Away {
			t.Error("the test shows nothing: Redis answers")
		}
	})
}

// The caller's own end says nothing about Redis.
func TestACancelIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newFar(t).gateway(t)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for n := range 10 {
			slot, err := a.Slot(gone, fmt.Sprint(n), fmt.Sprint("tag", n))
			if err != nil || !slot.shared {
				t.Fatalf("shared: %t, %v", slot.shared, err)
			}
			a.Set(gone, slot, "v", time.Minute)
			a.Get(gone, slot)
		}
		if stats := a.Stats(); stats.Away {
			t.Errorf("%+v", stats)
		}
	})
}

// An invalidation while Redis is away counts here at once, and everywhere once it is back.
func TestInvalidationsWaitForRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a, b := far.running(t), far.running(t)
		sleep(time.Second)
		a.Set(t.Context(), take(t, a, "menu", "menu:1"), "old", time.Hour)
		b.Get(t.Context(), take(t, b, "menu", "menu:1"))
		far.leave()
		if err := a.Invalidate(t.Context(), "menu:1"); err == nil || errors.Is(err, ErrTags) {
			t.Errorf("Invalidate = %v, want that Redis is away", err)
		}
		if value, ok := a.Get(t.Context(), take(t, a, "menu", "menu:1")); ok {
			t.Errorf("%q is served here", value)
		}
		if stats := a.Stats(); stats.Pending != 1 {
			t.Errorf("%+v", stats)
		}
		far.refusing.Store(false)
		sleep(4 * time.Second)
		for name, s := range map[string]*Store{"a": a, "b": b, "new": far.gateway(t)} {
			if value, ok := s.Get(t.Context(), take(t, s, "menu", "menu:1")); ok {
				t.Errorf("%s serves %q", name, value)
			}
		}
		if stats := a.Stats(); stats.Pending != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

// Redis is back before the invalidation was repeated: what is old there must not be served here.
func TestPendingTagsAreNotAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.gateway(t) // its Run does not run
		a.Set(t.Context(), take(t, a, "menu", "menu:1"), "old", time.Hour)
		far.leave()
		_ = a.Invalidate(t.Context(), "menu:1")
		far.refusing.Store(false)
		sleep(2 * time.Second)
		if value, ok := a.Get(t.Context(), take(t, a, "menu", "menu:1")); ok {
			t.Errorf("%q is served", value)
		}
		if a.Stats().Away {
			t.Error("the test shows nothing: Redis is away")
		}
	})
}

func TestTooManyPendingAreAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.gateway(t)
		far.leave()
		tags := make([]string, maxTags)
		for n := range maxPending/maxTags + 1 {
			for i := range tags {
				tags[i] = fmt.Sprint(n, ":", i)
			}
			_ = a.Invalidate(t.Context(), tags...)
		}
		if stats := a.Stats(); stats.Pending == 0 || stats.Pending > maxTags+1 {
			t.Errorf("%d invalidations wait", stats.Pending)
		}
		if !a.generations.isPending(everything) {
			t.Error("everything is not among them")
		}
	})
}

func TestForeignThingsInRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newFar(t)
		a := far.running(t)
		sleep(time.Second)
		slot := take(t, a, "k")
		for _, value := range []string{"", "junk", "\x01\xff\xff\xff\xff\xff\xff\xff\xffv", encodeFrame("old", time.Now().Add(-1))} {
			_ = far.Set("tiffin:v:"+slot.key, value)
			if got, ok := a.Get(t.Context(), slot); ok {
				t.Errorf("%q was read as %q", value, got)
			}
		}
		_, _ = far.Lpush("tiffin:v:"+take(t, a, "list").key, "x") // WRONGTYPE: an answer, no outage
		a.Get(t.Context(), take(t, a, "list"))
		_ = far.Set("tiffin:g:tag", strings.Repeat("x", 100))
		if slot := take(t, a, "k", "tag"); slot.shared {
			t.Error("took something else for a generation")
		}
		far.Publish("tiffin:invalidated", "junk")
		synctest.Wait()
		if n := far.failures.Load(); n != 3 || a.Stats().Away {
			t.Errorf("%d failures, away %t", n, a.Stats().Away)
		}
	})
}
