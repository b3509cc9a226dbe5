// Package loaders gathers the keys that one response asks an edge for into few batches: a page of twenty orders asks the payment
// service once, not twenty times. It knows no edge; it is handed one with each key.
//
// It is a thin layer over graph-gophers/dataloader, which gathers; what it adds is the response's context for every batch (not that
// of whoever asked first), a wait that ends with the caller's context, and one fetch per key without a lock held meanwhile.
package loaders

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"tiffin/fault"
)

const (
	// wait is how long a batch gathers keys after its first.
	wait = time.Millisecond
	// capacity is how many keys a batch has at the most; a client splits them further where its service wants fewer.
	capacity = 1000
)

// Edge is a way from keys to values, fetched many at a time. What has no value is left out of the map. An Edge is told from others by
// its identity, so that it must be a pointer.
type Edge[K comparable, V any] interface {
	Fetch(ctx context.Context, keys []K) (map[K]V, error)
}

type setKey struct{}

// set is the loaders of one response, made as its fields ask for them.
type set struct {
	ctx    context.Context //nolint:containedctx // batches serve many callers and run on the response's context
	mu     sync.Mutex
	loader map[any]any
}

// WithSet returns a context for one response: loads below it share batches, and each key of an edge is fetched once.
func WithSet(ctx context.Context) context.Context {
	s := &set{loader: map[any]any{}}
	s.ctx = context.WithValue(ctx, setKey{}, s)
	return s.ctx
}

// Load returns the edge's value for key, the zero value where it has none. It waits at most until ctx ends.
func Load[K comparable, V any](ctx context.Context, edge Edge[K, V], key K) (V, error) {
	s, ok := ctx.Value(setKey{}).(*set)
	if !ok {
		var none V
		return none, errors.New("loaders: no set in the context; see WithSet")
	}
	return loaderOf(s, edge).load(ctx, key)
}

func loaderOf[K comparable, V any](s *set, edge Edge[K, V]) *loader[K, V] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.loader[edge].(*loader[K, V]); ok {
		return l
	}
	l := newLoader(s.ctx, edge)
	s.loader[edge] = l
	return l
}

// loader is one edge within one response.
type loader[K comparable, V any] struct {
	ctx   context.Context //nolint:containedctx // see set
	edge  Edge[K, V]
	batch *dataloader.Loader[K, V]
	mu    sync.Mutex
	calls map[K]*call[V]
}

// none is the age of no answer: one that stands in for a failure may be 0 old.
const none time.Duration = -1

// call is one key's fetch; the rest is settled once done is closed.
type call[V any] struct {
	done  chan struct{}
	value V
	err   error
	// stale is the age of the oldest answer that stood in for a failure, in whole seconds; none where none did.
	stale time.Duration
}

func newLoader[K comparable, V any](ctx context.Context, edge Edge[K, V]) *loader[K, V] {
	l := &loader[K, V]{ctx: ctx, edge: edge, calls: map[K]*call[V]{}}
	l.batch = dataloader.NewBatchedLoader(l.run,
		dataloader.WithWait[K, V](wait),
		dataloader.WithBatchCapacity[K, V](capacity),
		dataloader.WithInputCapacity[K, V](capacity),
		dataloader.WithCache[K, V](&dataloader.NoCache[K, V]{}),
	)
	return l
}

func (l *loader[K, V]) load(ctx context.Context, key K) (V, error) {
	c, first := l.join(key)
	if first {
		// The answer comes by run, so that the thunk, which ignores contexts, is not needed.
		l.batch.Load(l.ctx, key) // a batch serves many callers; it ends with the response
	}
	select {
	case <-c.done:
		if c.stale != none {
			fault.Stale(ctx, c.stale) // told again for each field that shows the value, for a batch knows no fields
		}
		return c.value, c.err
	case <-ctx.Done():
		var nothing V
		return nothing, ctx.Err()
	}
}

// join returns the key's call and whether the caller is the first to ask for it.
func (l *loader[K, V]) join(key K) (c *call[V], first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.calls[key]; ok {
		return c, false
	}
	c = &call[V]{done: make(chan struct{})}
	l.calls[key] = c
	return c, true
}

// run fetches a batch and settles its calls. What it returns nobody reads, but dataloader wants a result per key.
func (l *loader[K, V]) run(ctx context.Context, keys []K) []*dataloader.Result[V] {
	var age atomic.Int64
	age.Store(int64(none))
	values, err := l.fetch(fault.WithStaleNote(ctx, oldest(&age)), keys)
	results := make([]*dataloader.Result[V], len(keys))
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, key := range keys {
		c := l.calls[key]
		c.value, c.err, c.stale = values[key], err, time.Duration(age.Load())
		results[i] = &dataloader.Result[V]{Data: c.value, Error: c.err}
		close(c.done)
	}
	return results
}

// oldest keeps the greatest age that is told.
func oldest(age *atomic.Int64) func(context.Context, time.Duration) {
	return func(_ context.Context, told time.Duration) {
		for known := age.Load(); int64(told) > known && !age.CompareAndSwap(known, int64(told)); known = age.Load() {
		}
	}
}

// fetch turns a panic into an error of every key: nobody may wait for ever because one edge has a defect.
func (l *loader[K, V]) fetch(ctx context.Context, keys []K) (values map[K]V, err error) {
	defer func() {
		if r := recover(); r != nil {
			values, err = nil, fmt.Errorf("loaders: the edge panicked: %v", r)
		}
	}()
	return l.edge.Fetch(ctx, keys)
}
