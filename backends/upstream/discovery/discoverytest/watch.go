package discoverytest

import (
	"context"
	"slices"
	"testing"
	"time"

	"tiffin/backends/upstream/discovery"
)

// patience bounds a test's waiting in real time; in a bubble it is an hour of fake time.
const (
	patience       = 20 * time.Second
	bubblePatience = time.Hour
)

// Watch is a Provider being watched, with what it reported.
type Watch struct {
	t        testing.TB
	patience time.Duration
	calls    chan Call
	cancel   context.CancelFunc
	done     chan error
}

// Call is one call of update, or of failed if Err is not nil.
type Call struct {
	Set []discovery.Endpoint
	Err error
}

// Start watches p, in real time or in a bubble, until the test ends or Stop is called. The channel behind it holds more calls than any test makes.
func Start(t testing.TB, p discovery.Provider, realTime bool) *Watch {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &Watch{t: t, patience: bubblePatience, calls: make(chan Call, 1<<16), cancel: cancel, done: make(chan error, 1)}
	if realTime {
		w.patience = patience
	}
	go func() {
		calls := 0 // not guarded: the race detector sees callbacks from several goroutines, or after the return
		err := p.Watch(ctx,
			func(set []discovery.Endpoint) { calls++; w.calls <- Call{Set: set} },
			func(err error) { calls++; w.calls <- Call{Err: err} })
		calls++
		w.done <- err
	}()
	t.Cleanup(w.Stop)
	return w
}

// Wait sets for how long a call is waited for from now on.
func (w *Watch) Wait(d time.Duration) { w.patience = d }

// Next returns the next call, waiting for it.
func (w *Watch) Next() Call {
	w.t.Helper()
	select {
	case c := <-w.calls:
		return c
	case err := <-w.done:
		w.done <- err
		w.t.Fatalf("Watch returned %v, want it to go on", err)
	case <-time.After(w.patience):
		w.t.Fatalf("no report for %v", w.patience)
	}
	return Call{}
}

// Set waits for an update and demands that it is this one, normalized, with no failure in front of it.
func (w *Watch) Set(want []discovery.Endpoint) {
	w.t.Helper()
	if c := w.Next(); c.Err != nil || !slices.Equal(c.Set, discovery.Normalize(want)) {
		w.t.Fatalf("reported %v, failure %v, want %v", c.Set, c.Err, want)
	}
}

// Failure waits for a failure, with no update in front of it.
func (w *Watch) Failure() error {
	w.t.Helper()
	c := w.Next()
	if c.Err == nil {
		w.t.Fatalf("reported %v, want a failure", c.Set)
	}
	return c.Err
}

// Recovery waits for an update, over any number of failures, and demands that it is this one, normalized.
func (w *Watch) Recovery(want []discovery.Endpoint) {
	w.t.Helper()
	for {
		switch c := w.Next(); {
		case c.Err != nil:
		case !slices.Equal(c.Set, discovery.Normalize(want)):
			w.t.Fatalf("reported %v, want %v", c.Set, want)
		default:
			return
		}
	}
}

// Until waits for an update with this set, normalized, over anything else: for a far side that shows what is between two states.
func (w *Watch) Until(want []discovery.Endpoint) {
	w.t.Helper()
	for !slices.Equal(w.Next().Set, discovery.Normalize(want)) {
	}
}

// Drain returns the calls that nobody has waited for.
func (w *Watch) Drain() []Call {
	var calls []Call
	for {
		select {
		case c := <-w.calls:
			calls = append(calls, c)
		default:
			return calls
		}
	}
}

// Stop ends the Watch and demands that it returns nil, in a bubble at once. It may be called more than once.
func (w *Watch) Stop() {
	w.t.Helper()
	w.cancel()
	began := time.Now()
	select {
	case err := <-w.done:
		if err != nil {
			w.t.Errorf("Watch returned %v after its context ended, want nil", err)
		}
		w.done <- err
	case <-time.After(w.patience):
		w.t.Fatal("Watch did not return after its context ended")
	}
	if took := time.Since(began); w.patience == bubblePatience && took > 0 {
		w.t.Errorf("Watch returned %v after its context ended, want at once", took)
	}
}
