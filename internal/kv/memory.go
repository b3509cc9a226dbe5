package kv

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eko/gocache/lib/v4/store"
	"github.com/maypok86/otter/v2"
)

const (
	// entryOverhead is what an entry costs beyond its key and value, measured: the node, its place in the table and the policy.
	entryOverhead = 320
	// sizeClasses is the part of a value, a sixth, that the allocator may add to it, at most.
	sizeClasses = 6
	// largestShare is the part of the memory that one value may take; a larger one would evict too much of the rest.
	largestShare = 8
)

// memory is otter as a gocache store, with an exact bound in bytes. An entry has an expiry, always: without one it would be immortal.
type memory struct {
	entries *otter.Cache[string, item]
	max     int64
	writing sync.Mutex // one at a time, so that the bound is passed by one value at most, and only while Set runs
	held    atomic.Int64
}

// item is a value as gocache passes it, boxed once, and how long it stays.
type item struct {
	value any // a string
	stays time.Duration
}

func newMemory(maxBytes int64) *memory {
	m := &memory{max: maxBytes}
	m.entries = otter.Must(&otter.Options[string, item]{
		MaximumWeight:    uint64(maxBytes), //nolint:gosec // G115: Validate has seen it
		Weigher:          func(key string, i item) uint32 { return weigh(key, text(i.value)) },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, item]) time.Duration { return e.Value.stays }),
		OnAtomicDeletion: func(e otter.DeletionEvent[string, item]) { m.held.Add(-int64(weigh(e.Key, text(e.Value.value)))) },
		Clock:            clock{},
	})
	return m
}

// text is what gocache's any is here, always: a key or a value of a Cache[string].
func text(v any) string {
	s, _ := v.(string)
	return s
}

func weigh(key, value string) uint32 {
	return uint32(entryOverhead + len(key) + len(value) + len(value)/sizeClasses) //nolint:gosec // G115: values are shorter than memory/8
}

// clock makes otter do without a goroutine that ticks: expired entries are found when they are asked for, or when others are written.
type clock struct{}

func (clock) NowNano() int64                      { return time.Now().UnixNano() }
func (clock) Tick(time.Duration) <-chan time.Time { return nil }

// Get returns the value of key, or [store.NotFound].
func (m *memory) Get(_ context.Context, key any) (any, error) {
	if i, ok := m.entries.GetIfPresent(text(key)); ok {
		return i.value, nil
	}
	return nil, errNotFound
}

var errNotFound = store.NotFoundWithCause(errors.New("not in memory"))

// GetWithTTL is Get with what is left of the value's time.
func (m *memory) GetWithTTL(_ context.Context, key any) (any, time.Duration, error) {
	if e, ok := m.entries.GetEntry(text(key)); ok {
		return e.Value.value, e.ExpiresAfter(), nil
	}
	return nil, 0, errNotFound
}

// Set keeps a string for the expiration among the options, which must be there. A value that is too large is not kept, and neither is
// what was there before.
func (m *memory) Set(_ context.Context, key, v any, options ...store.Option) error {
	name, value := text(key), text(v)
	stays := store.ApplyOptions(options...).Expiration
	if stays <= 0 {
		return errors.New("kv: a value without an expiry would stay forever")
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	defer m.entries.CleanUp() // evict now, not soon
	if int64(len(value)) > m.max/largestShare {
		m.entries.Invalidate(name)
		return nil
	}
	m.held.Add(int64(weigh(name, value)))
	m.entries.Set(name, item{v, stays})
	return nil
}

// Delete forgets the key.
func (m *memory) Delete(_ context.Context, key any) error {
	m.entries.Invalidate(text(key))
	return nil
}

// Invalidate is not supported: see generations.
func (*memory) Invalidate(context.Context, ...store.InvalidateOption) error {
	return errors.New("kv: tags are invalidated by their generations")
}

// Clear forgets everything.
func (m *memory) Clear(context.Context) error {
	m.entries.InvalidateAll()
	return nil
}

// GetType names the store.
func (*memory) GetType() string { return "memory" }

var _ store.StoreInterface = (*memory)(nil)
