package resilience_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

const header = "X-Envoy-Expected-Rq-Timeout-Ms"

// kinds are one request of each kind.
var kinds = []struct{ name, method, key string }{{"read", "GET", ""}, {"keyed write", "POST", "k"}, {"write", "POST", ""}}

func TestTimeouts(t *testing.T) {
	for n, kind := range kinds {
		for name, handler := range map[string]http.HandlerFunc{"no answer": silent, "no end of the body": stalled} {
			inBubble(t, kind.name+", "+name, func(t *testing.T) {
				w := open(t, map[string]http.HandlerFunc{"a": handler}, func(s *setup) {
					s.cfg.Reads.Retries, s.cfg.KeyedWrites.Retries = 0, 0
				})
				start := time.Now()
				_, _, err := read(w.RoundTrip(request(t.Context(), kind.method, kind.key, "x")))
				want := []time.Duration{time.Second, 5 * time.Second, time.Second}[n]
				if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != want {
					t.Errorf("%v after %v, want a deadline after %v", err, took, want)
				}
			})
		}
	}
}

// late is a reader whose end lets wait for a second.
type late struct{ io.Reader }

func (l *late) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if err != nil {
		wait(time.Second)
	}
	return n, err
}

// A body that has to be read first costs time of the call, not of its attempt.
func TestASlowBodyCostsTheAttemptNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": silent}, func(s *setup) { s.cfg.KeyedWrites.Retries = 0 })
		req := request(t.Context(), "POST", "k", "cart")
		req.Body = io.NopCloser(&late{req.Body})
		start := time.Now()
		if _, _, err := read(w.RoundTrip(req)); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 6*time.Second {
			t.Errorf("%v after %v, want a deadline after 1 and 5 s", err, time.Since(start))
		}
	})
}

// The call's deadline is min(own, what is left of the request), over all attempts.
func TestDeadlineOverAllAttempts(t *testing.T) {
	for own, want := range map[time.Duration]time.Duration{
		time.Hour: 2 * time.Second, 1500 * time.Millisecond: 1500 * time.Millisecond, 300 * time.Millisecond: 300 * time.Millisecond,
	} {
		inBubble(t, own.String(), func(t *testing.T) {
			w := open(t, map[string]http.HandlerFunc{"a": stalled, "b": silent, "c": silent}, nil)
			ctx, cancel := context.WithTimeout(t.Context(), own)
			defer cancel()
			start := time.Now()
			_, _, err := w.get(ctx)
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != want {
				t.Errorf("%v after %v, want a deadline after %v", err, took, want)
			}
		})
	}
}

// Each attempt says how much time it has: its own, or what is left of the call.
func TestTheRemainingDeadlineIsSent(t *testing.T) {
	for name, claimed := range map[string]http.Header{"": {}, "over another claim": {header: {"5"}}} {
		inBubble(t, name, func(t *testing.T) { testRemaining(t, claimed) })
	}
}

func testRemaining(t *testing.T, claimed http.Header) {
	t.Helper()
	var got log[int]
	w := open(t, map[string]http.HandlerFunc{"a": func(w http.ResponseWriter, r *http.Request) {
		ms, err := strconv.Atoi(r.Header.Get(header))
		if err != nil || len(r.Header[header]) != 1 {
			t.Errorf("header %q", r.Header[header])
		}
		got.add(ms)
		wait(700 * time.Millisecond)
		w.WriteHeader(503)
	}}, nil)
	req := request(t.Context(), "GET", "", "")
	maps.Copy(req.Header, claimed) // of nobody's business
	_, _ = w.RoundTrip(req)
	if want := []int{1000, 1000, 2000 - 2*700 - 75}; len(got.list()) != 3 || got.list()[0] != want[0] || got.list()[1] != want[1] || got.list()[2] != want[2] {
		t.Errorf("sent %v, want %v", got.list(), want)
	}
	if req.Header.Get(header) != claimed.Get(header) {
		t.Error("the caller's request was changed")
	}
}

func TestNoDeadlineHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": func(_ http.ResponseWriter, r *http.Request) {
			if r.Header.Get(header) != "" {
				t.Error("sent all the same")
			}
		}}, func(s *setup) { s.cfg.DeadlineHeader = "" })
		if status, _, err := w.get(t.Context()); status != 200 {
			t.Error(err)
		}
	})
}

func TestTheCallersCancelPassesThrough(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{"waiting": silent, "reading": stalled} {
		inBubble(t, name, func(t *testing.T) {
			w := open(t, map[string]http.HandlerFunc{"a": handler}, nil)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second/4, cancel)
			start := time.Now()
			_, _, err := w.get(ctx)
			if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second/4 {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	}
}

// slowly answers after d.
func slowly(d time.Duration) http.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) { wait(d) }
}

func TestBulkhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused log[context.Context]
		w := open(t, map[string]http.HandlerFunc{"a": slowly(500 * time.Millisecond)}, func(s *setup) {
			s.cfg.Bulkhead = resilience.BulkheadConfig{Concurrent: 2, Queue: 3}
			s.deps.Hooks.Refused = refused.add
		})
		start := time.Now()
		var took log[time.Duration]
		var group sync.WaitGroup
		for range 7 {
			group.Go(func() {
				switch _, _, err := w.get(t.Context()); {
				case err == nil:
					took.add(time.Since(start))
				case !errors.Is(err, resilience.ErrFull) || !errors.Is(err, call.ErrNotSent) || time.Since(start) > 0:
					t.Errorf("%v after %v", err, time.Since(start))
				}
			})
		}
		synctest.Wait()
		if s := w.Status(); s.InFlight != 2 || s.Waiting != 3 || len(refused.list()) != 2 {
			t.Errorf("%d in flight, %d waiting, %d refused, want 2, 3, 2", s.InFlight, s.Waiting, len(refused.list()))
		}
		group.Wait()
		for n, d := range took.list() {
			if want := time.Duration(n/2+1) * 500 * time.Millisecond; d != want {
				t.Errorf("the %d. took %v, want %v", n+1, d, want)
			}
		}
		if s := w.Status(); len(took.list()) != 5 || s.InFlight != 0 || s.Waiting != 0 {
			t.Errorf("%d answers, then %d in flight, %d waiting", len(took.list()), s.InFlight, s.Waiting)
		}
	})
}

// The wait for a place is part of the call's time; whoever waits can leave.
func TestWaitingCountsAgainstTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": slowly(5 * time.Second)}, func(s *setup) {
			s.cfg.Bulkhead.Concurrent = 1
			s.cfg.KeyedWrites.AttemptTimeout = 10 * time.Second
		})
		go func() { _, _ = w.RoundTrip(request(t.Context(), "POST", "k", "")) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if _, _, err := w.get(ctx); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("%v after %v, want the cancel", err, time.Since(start))
		}
		start = time.Now()
		if _, _, err := w.get(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("%v after %v, want the deadline", err, time.Since(start))
		}
		wait(time.Minute)
		if s := w.Status(); s.InFlight != 0 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}
