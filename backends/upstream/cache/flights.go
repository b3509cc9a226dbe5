package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"tiffin/internal/scope"
)

// flights makes one fill of the many that are wanted of the same key at the same time.
type flights struct {
	timeout time.Duration
	base    context.Context //nolint:containedctx // ends every flight when the cache is closed
	end     context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	byKey  map[string]*flight
	closed bool
}

var errClosed = errors.New("the cache is closed")

// flight is one fill, with those who wait for it.
type flight struct {
	done    chan struct{}
	result  result // once done
	waiters int    // guarded by flights.mu
	cancel  context.CancelFunc
}

func newFlights(timeout time.Duration) *flights {
	f := &flights{timeout: timeout, byKey: map[string]*flight{}}
	f.base, f.end = context.WithCancel(context.Background())
	return f
}

// do waits for the fill of key, which it starts if there is none; led says that it did. The fill has the values of ctx but not its end:
// that comes when nobody waits any more. The error is that of ctx.
func (f *flights) do(ctx context.Context, key string, fill func(context.Context) result) (r result, led bool, err error) {
	one, led := f.join(ctx, key, fill)
	select {
	case <-one.done:
		return one.result, led, nil
	case <-ctx.Done():
		f.leave(key, one)
		return result{}, led, ctx.Err()
	}
}

// start begins the fill of key, which nobody waits for, unless it is under way. In either case it does not end for want of waiters.
func (f *flights) start(ctx context.Context, key string, fill func(context.Context) result) (started bool) {
	_, started = f.join(ctx, key, fill) // as a waiter who never leaves
	return started
}

func (f *flights) join(ctx context.Context, key string, fill func(context.Context) result) (one *flight, led bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one = f.byKey[key]; one != nil {
		one.waiters++
		return one, false
	}
	if f.closed {
		return closedFlight(), false
	}
	timed := scope.WithTimeout(context.WithoutCancel(ctx), f.timeout)
	stop := context.AfterFunc(f.base, timed.End)
	one = &flight{done: make(chan struct{}), waiters: 1, cancel: timed.End}
	f.byKey[key] = one
	f.running.Go(func() {
		defer timed.End()
		defer stop()
		defer f.land(key, one)
		one.result = guarded(timed, fill)
	})
	return one, true
}

func closedFlight() *flight {
	one := &flight{done: make(chan struct{}), result: result{err: errClosed}}
	close(one.done)
	return one
}

// guarded is fill without a panic, which would end the process: nobody above this goroutine could recover.
func guarded(ctx context.Context, fill func(context.Context) result) (r result) {
	defer func() {
		if value := recover(); value != nil {
			r = result{err: fmt.Errorf("panic in the client chain: %v\n%s", value, debug.Stack())}
		}
	}()
	return fill(ctx)
}

func (f *flights) land(key string, one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(key, one)
	close(one.done)
}

// leave ends the flight with its last waiter. Whoever comes then does not join it, but starts another.
func (f *flights) leave(key string, one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one.waiters--; one.waiters == 0 && one.cancel != nil {
		f.drop(key, one)
		one.cancel()
	}
}

func (f *flights) drop(key string, one *flight) {
	if f.byKey[key] == one {
		delete(f.byKey, key)
	}
}

// close cancels what is under way and waits for it.
func (f *flights) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.end()
	f.running.Wait()
}
