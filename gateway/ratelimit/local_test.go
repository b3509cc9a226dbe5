package ratelimit

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var placing = Limit{Burst: 10, Every: 6 * time.Second}

func user(name string) Key {
	return Key{"Mutation.placeOrder", Caller{Issuer: "https://issuer", Subject: name}}
}

// The example of the documentation: ten at once, then one each six seconds.
func TestLocal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocal(1000)
		alice, bob := user("alice"), user("bob")
		for n := range 10 {
			if d := l.take(alice, placing, 1); !d.Allowed || d.Remaining != 9-n {
				t.Fatalf("%d: %+v", n, d)
			}
		}
		if d := l.take(alice, placing, 1); d.Allowed || d.RetryAfter != 6*time.Second {
			t.Errorf("the eleventh: %+v", d)
		}
		if d := l.take(bob, placing, 1); !d.Allowed || d.Remaining != 9 {
			t.Errorf("bob: %+v", d)
		}
		if d := l.take(Key{"other rule", alice.Caller}, placing, 1); d.Remaining != 9 {
			t.Errorf("another rule: %+v", d)
		}
		sleep(6*time.Second - 1)
		if d := l.take(alice, placing, 1); d.Allowed || d.RetryAfter != 1 {
			t.Errorf("a nanosecond early: %+v", d)
		}
		sleep(1)
		if d := l.take(alice, placing, 1); !d.Allowed || d.Remaining != 0 {
			t.Errorf("after six seconds: %+v", d)
		}
		l.adjust(alice, placing, 1)
		if d := l.take(alice, placing, 1); !d.Allowed {
			t.Errorf("after it was given back: %+v", d)
		}
		sleep(time.Minute)
		if d := l.take(alice, placing, 10); !d.Allowed {
			t.Errorf("after a minute: %+v", d)
		}
	})
}

func TestKeysAreApart(t *testing.T) {
	l := newLocal(1 << 12)
	seen := map[string]Key{}
	for _, key := range []Key{
		{},
		{Rule: "a"},
		{"a", Caller{Issuer: "b"}},
		{"a", Caller{Subject: "b"}},
		{"ab", Caller{}},
		{"a", Caller{Issuer: "b", Subject: "c"}},
		{"a", Caller{Issuer: "bc"}},
		{"a", Caller{Address: netip.MustParseAddr("192.0.2.1")}},
		{"a", Caller{Address: netip.MustParseAddr("192.0.2.2")}},
		{"a", Caller{Address: netip.MustParseAddr("2001:db8::")}},
	} {
		if d := l.take(key, placing, 1); d.Remaining != 9 {
			t.Errorf("%+v shares a count", key)
		}
		text := key.text("p:")
		if other, ok := seen[text]; ok || len(text) != 2+32 {
			t.Errorf("%+v is %q in Redis, like %+v", key, text, other)
		}
		seen[text] = key
	}
}

// However many ask at the same moment, exactly the burst is admitted.
func TestLocalConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocal(1000)
		var admitted [4]atomic.Int64
		var wg sync.WaitGroup
		for n := range 400 {
			wg.Go(func() {
				if l.take(user(fmt.Sprint(n%4)), placing, 1).Allowed {
					admitted[n%4].Add(1)
				}
			})
		}
		wg.Wait()
		for n := range admitted {
			if got := admitted[n].Load(); got != 10 {
				t.Errorf("%d were admitted, want 10", got)
			}
		}
	})
}

// A million strangers take no more memory than the table has, and whoever owes much is not forgotten for them.
func TestLocalIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keys = 5000
		l := newLocal(keys)
		slots := 0
		for n := range l.shards {
			slots += len(l.shards[n].buckets) * ways
		}
		if slots < keys || slots > 4*keys {
			t.Errorf("%d slots for %d keys", slots, keys)
		}
		debtor, passing := user("debtor"), Limit{Burst: 1000, Every: 2 * time.Millisecond}
		l.take(debtor, placing, 10)
		for n := range 1_000_000 {
			l.take(Key{"address", Caller{Subject: fmt.Sprint(n)}}, passing, 1)
		}
		if d := l.take(debtor, placing, 1); d.Allowed {
			t.Errorf("the debtor was forgotten: %+v", d)
		}
		if n := testing.AllocsPerRun(100, func() { l.take(user("new"), placing, 1) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// Keys that owe nothing any more make room without anybody being forgotten.
func TestIdleKeysMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocal(1)
		for n := range 100_000 {
			l.take(user(fmt.Sprint("idle", n)), placing, 1)
		}
		sleep(time.Minute)
		for n := range 200 {
			l.take(user(fmt.Sprint(n)), placing, 10)
		}
		for n := range 200 {
			if l.take(user(fmt.Sprint(n)), placing, 1).Allowed {
				t.Errorf("%d was forgotten for one that owed nothing", n)
			}
		}
	})
}

func TestLocalAllocatesNothing(t *testing.T) {
	l := newLocal(1 << 17)
	for name, key := range map[string]Key{"user": user("alice"), "address": {"address", Caller{Address: netip.MustParseAddr("2001:db8::")}}} {
		if n := testing.AllocsPerRun(1000, func() { l.take(key, placing, 1); l.adjust(key, placing, 1) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// A check in memory: at most 0.5 µs and no allocation.
func BenchmarkLocal(b *testing.B) {
	l := newLocal(1 << 17)
	keys := make([]Key, 1<<16)
	for n := range keys {
		keys[n] = user(fmt.Sprint("user ", n))
	}
	limit := Limit{Burst: 200, Every: 20 * time.Millisecond}
	b.Run("one key", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.take(keys[0], limit, 1)
		}
	})
	b.Run("65536 keys", func(b *testing.B) {
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			l.take(keys[n&(len(keys)-1)], limit, 1)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for n := 0; pb.Next(); n++ {
				l.take(keys[n&(len(keys)-1)], limit, 1)
			}
		})
	})
}
