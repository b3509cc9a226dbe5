package kv

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eko/gocache/lib/v4/store"
	"pgregory.net/rapid"

	"tiffin/internal/testkit"
)

const mebibyte = 1 << 20

// After each write, whatever is written, no more is held than allowed, and the account agrees with otter's own.
func TestTheBoundInBytesHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory(mebibyte)
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, mebibyte/4)), 1, 200).Draw(t, "sizes")
		keys := rapid.IntRange(1, 100).Draw(t, "keys")
		for n, size := range sizes {
			key := fmt.Sprintf("key %d", n%keys)
			if err := m.Set(t.Context(), key, strings.Repeat("x", size), store.WithExpiration(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if held := m.held.Load(); held > mebibyte || held < 0 {
				t.Fatalf("%d bytes are held, allowed are %d", held, mebibyte)
			}
			if size > mebibyte/largestShare {
				if _, err := m.Get(t.Context(), key); err == nil {
					t.Fatalf("a value of %d bytes was kept, or the one before it", size)
				}
			}
		}
		if held, otters := m.held.Load(), m.entries.WeightedSize(); held != int64(otters) {
			t.Fatalf("held %d, otter says %d", held, otters)
		}
	})
}

func TestTheBoundHoldsUnderConcurrency(t *testing.T) {
	m := newMemory(mebibyte)
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := range 500 {
				value := strings.Repeat("x", n*37%(64<<10))
				_ = m.Set(t.Context(), fmt.Sprint(w, n), value, store.WithExpiration(time.Hour))
				if held := m.held.Load(); held > mebibyte+mebibyte/largestShare {
					t.Errorf("%d bytes are held: more than one value over the bound", held)
				}
			}
		})
	}
	writers.Wait()
	if held := m.held.Load(); held > mebibyte {
		t.Errorf("%d bytes are held in the end", held)
	}
}

// What is accounted is what it costs: the heap grows by no more than the bound, with small and with larger values.
func TestTheBoundIsThatOfTheHeapInFull(t *testing.T) {
	testkit.InFull(t)
	const bound = 4 * mebibyte
	for _, size := range []int{10, 1000, 8200, 20_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			before := heap()
			m := newMemory(bound)
			for n := range 3 * bound / (size + size/sizeClasses + entryOverhead) {
				_ = m.Set(t.Context(), fmt.Sprintf("%043d", n), strings.Repeat("x", size), store.WithExpiration(time.Hour))
			}
			grown := heap() - before
			t.Logf("%d values of %d bytes: accounted %.1f MiB, heap %.1f MiB", m.entries.EstimatedSize(), size,
				float64(m.held.Load())/mebibyte, float64(grown)/mebibyte)
			if grown > bound {
				t.Errorf("the heap grew by %d bytes, allowed are %d", grown, bound)
			}
			runtime.KeepAlive(m)
		})
	}
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestMemoryExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // hangs if otter left a goroutine that ticks
		m := newMemory(mebibyte)
		_ = m.Set(t.Context(), "k", "v", store.WithExpiration(time.Minute))
		sleep(time.Minute - 1)
		if value, left, err := m.GetWithTTL(t.Context(), "k"); value != "v" || left != 1 || err != nil {
			t.Errorf("%v, %v, %v", value, left, err)
		}
		sleep(1)
		if value, err := m.Get(t.Context(), "k"); err == nil {
			t.Errorf("%v is there after its time", value)
		}
	})
}

func TestMemoryAsAStore(t *testing.T) {
	m := newMemory(mebibyte)
	if err := m.Set(t.Context(), "k", "v"); err == nil {
		t.Error("a value without an expiry was kept")
	}
	_ = m.Set(t.Context(), "a", "v", store.WithExpiration(time.Hour))
	_ = m.Set(t.Context(), "b", "v", store.WithExpiration(time.Hour))
	_ = m.Delete(t.Context(), "a")
	if _, _, err := m.GetWithTTL(t.Context(), "a"); err == nil {
		t.Error("deleted, but there")
	}
	if err := m.Invalidate(t.Context()); err == nil {
		t.Error("invalidated by tags it does not know")
	}
	_ = m.Clear(t.Context())
	if held := m.held.Load(); held != 0 || m.GetType() != "memory" {
		t.Errorf("%d bytes after Clear", held)
	}
}
