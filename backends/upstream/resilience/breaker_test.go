package resilience_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

// lonely is a chain without retries to one instance, and what its breaker told.
func lonely(t *testing.T, handler http.HandlerFunc, change func(*setup)) (*world, *log[resilience.State]) {
	t.Helper()
	states := &log[resilience.State]{}
	return open(t, map[string]http.HandlerFunc{"a": handler}, func(s *setup) {
		s.cfg.Reads.Retries = 0
		s.deps.Hooks.BreakerChanged = func(addr string, state resilience.State) {
			if addr != "a" {
				t.Errorf("a breaker of %q", addr)
			}
			states.add(state)
		}
		if change != nil {
			change(s)
		}
	}), states
}

// What speaks against an instance: 20 attempts of which half end so open its breaker, or do not.
func TestWhatOpensABreaker(t *testing.T) {
	half := func(bad http.HandlerFunc) http.HandlerFunc {
		var n atomic.Int32
		return func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1)%2 == 0 {
				bad(w, r)
			}
		}
	}
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	tests := []struct {
		name  string
		bad   http.HandlerFunc
		opens bool
	}{
		{"500", answer(500), true},
		{"503", answer(503), true},
		{"501", answer(501), false},
		{"404", answer(404), false},
		{"429", answer(429), false},
		{"silence", silent, true},
		{"half a body", stalled, true},
		{"truncated", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "1") }, true},
		{"slow, with nobody to be compared with", slowly(800 * time.Millisecond), false},
		{"too large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1001)) }, false},
		{"an answer that says so", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fault") }, true},
	}
	for _, tt := range tests {
		inBubble(t, tt.name, func(t *testing.T) {
			w, states := lonely(t, half(tt.bad), func(s *setup) {
				s.cfg.MaxBody, s.cfg.Breaker.Window = 1000, time.Minute
				s.deps.Retryable = func(res *http.Response) bool { return res.ContentLength == 5 }
			})
			for n := range 20 {
				if len(states.list()) > 0 {
					t.Fatalf("open after %d attempts", n)
				}
				_, _, _ = w.get(t.Context())
			}
			want := resilience.Closed
			if tt.opens {
				want = resilience.Open
			}
			if got := w.Status().Breakers["a"]; got != want || tt.opens != slices.Equal(states.list(), []resilience.State{resilience.Open}) {
				t.Errorf("%s, told %v, want %s", got, states.list(), want)
			}
			if _, _, err := w.get(t.Context()); errors.Is(err, resilience.ErrOpen) != tt.opens || errors.Is(err, call.ErrNotSent) != tt.opens {
				t.Errorf("the next: %v", err)
			}
		})
	}
}

// What is older than the window says nothing.
func TestBreakerForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, states := lonely(t, always(500).ServeHTTP, nil)
		for range 100 {
			_, _, _ = w.get(t.Context())
			wait(time.Second) // 10 in any window
		}
		if len(states.list()) > 0 {
			t.Errorf("told %v", states.list())
		}
	})
}

func TestACallersCancelOpensNothing(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{"waiting": silent, "reading": stalled} {
		inBubble(t, name, func(t *testing.T) {
			w, states := lonely(t, handler, nil)
			for range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Millisecond, cancel)
				_, _, _ = w.get(ctx)
			}
			if len(states.list()) > 0 || w.Status().Breakers["a"] != resilience.Closed {
				t.Errorf("told %v", states.list())
			}
		})
	}
}

// The life of a breaker: 5 s, 10 s, … 60 s, and back to 5 s once it was closed, while another instance serves. Where none does, always 5 s:
// a service that is back is found soon.
func TestOpenTimes(t *testing.T) {
	for name, tt := range map[string]struct {
		instances []string
		seconds   []int
	}{
		"another serves": {[]string{"a", "b"}, []int{5, 10, 20, 40, 60, 60}},
		"nobody serves":  {[]string{"a"}, []int{5, 5, 5, 5}},
	} {
		inBubble(t, name, func(t *testing.T) {
			var bad atomic.Bool
			var asked atomic.Int32
			states := &log[resilience.State]{}
			w := open(t, map[string]http.HandlerFunc{"b": always(200).ServeHTTP, "a": func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				if bad.Load() {
					w.WriteHeader(500)
				}
			}}, func(s *setup) {
				s.instances, s.deps.Hooks.BreakerChanged = tt.instances, func(_ string, state resilience.State) { states.add(state) }
			})
			open := func() time.Duration { // until an attempt is let through
				start, before := time.Now(), asked.Load()
				for {
					_, _, _ = w.get(t.Context())
					if asked.Load() > before {
						return time.Since(start)
					}
					wait(time.Second)
				}
			}
			for round := range 2 {
				bad.Store(true)
				for range 20 {
					_, _, _ = w.get(t.Context())
				}
				for _, seconds := range tt.seconds {
					want := time.Duration(seconds) * time.Second
					if got := open(); got != want {
						t.Errorf("round %d: open for %v, want %v", round, got, want)
					}
				}
				bad.Store(false)
				open() // the first probe
				for range 2 {
					_, _, _ = w.get(t.Context())
				}
				got := states.list()
				if tail := got[len(got)-2:]; !slices.Equal(tail, []resilience.State{resilience.HalfOpen, resilience.Closed}) {
					t.Errorf("round %d: told %v in the end", round, tail)
				}
				wait(time.Minute)
			}
		})
	}
}

// probing returns a chain whose breaker is about to half-open, over a handler that can be changed.
func probing(t *testing.T) (*world, *log[resilience.State], *atomic.Pointer[http.HandlerFunc]) {
	t.Helper()
	var handler atomic.Pointer[http.HandlerFunc]
	bad := http.HandlerFunc(always(500).ServeHTTP)
	handler.Store(&bad)
	w, states := lonely(t, func(w http.ResponseWriter, r *http.Request) { (*handler.Load())(w, r) }, nil)
	for range 20 {
		_, _, _ = w.get(t.Context())
	}
	wait(5 * time.Second)
	return w, states, &handler
}

func TestThreeProbesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, states, handler := probing(t)
		handler.Store(new(slowly(100 * time.Millisecond)))
		var refused, fine atomic.Int32
		for range 10 {
			go func() {
				switch _, _, err := w.get(t.Context()); {
				case errors.Is(err, resilience.ErrOpen):
					refused.Add(1)
				case err == nil:
					fine.Add(1)
				}
			}()
		}
		wait(time.Second)
		if refused.Load() != 7 || fine.Load() != 3 || w.Status().Breakers["a"] != resilience.Closed {
			t.Errorf("%d refused, %d fine, told %v", refused.Load(), fine.Load(), states.list())
		}
	})
}

// Probes whose callers leave say nothing, neither good nor bad, and lock nobody out.
func TestCancelledProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, states, handler := probing(t)
		handler.Store(new(http.HandlerFunc(silent)))
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Millisecond, cancel)
			if _, _, err := w.get(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("%v, want a probe that was cancelled", err)
			}
		}
		if got := w.Status().Breakers["a"]; got != resilience.HalfOpen {
			t.Errorf("%s after cancelled probes, told %v", got, states.list())
		}
		handler.Store(new(slowly(0)))
		for range 3 {
			_, _, _ = w.get(t.Context())
		}
		if got := w.Status().Breakers["a"]; got != resilience.Closed {
			t.Errorf("%s after good probes, told %v", got, states.list())
		}
	})
}

// What began while the breaker was closed says nothing once it is half-open.
func TestLateResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := make(chan struct{})
		w, states := lonely(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				<-late
			}
			w.WriteHeader(500)
		}, func(s *setup) { s.cfg.KeyedWrites.Retries = 0; s.cfg.KeyedWrites.AttemptTimeout = 10 * time.Second })
		go func() { _, _ = w.RoundTrip(request(t.Context(), "PUT", "k", "")) }()
		synctest.Wait()
		for range 20 {
			_, _, _ = w.get(t.Context())
		}
		wait(5 * time.Second)
		// A probe under way half-opens it; the late failure comes in the middle of that.
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = w.RoundTrip(request(ctx, "PUT", "k", "")) }()
		synctest.Wait()
		late <- struct{}{}
		synctest.Wait()
		if got := w.Status().Breakers["a"]; got != resilience.HalfOpen {
			t.Errorf("%s, told %v", got, states.list())
		}
		cancel()
		close(late)
	})
}
