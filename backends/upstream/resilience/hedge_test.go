package resilience_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

// hedged is a chain that hedges after 100 ms.
func hedged(t *testing.T, a, b http.HandlerFunc, change func(*setup)) *world {
	t.Helper()
	return open(t, map[string]http.HandlerFunc{"a": a, "b": b}, func(s *setup) {
		s.cfg.Hedge.Delay = 100 * time.Millisecond
		if change != nil {
			change(s)
		}
	})
}

// after answers with name after d, or is told to stop.
func after(d time.Duration, name string, stopped *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
			stopped.Add(1)
		case <-time.After(d):
			_, _ = io.WriteString(w, name)
		}
	}
}

// The second attempt has its own time from when it begins.
func TestAHedgeBeginsWhenItDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped atomic.Int32
		w := hedged(t, after(time.Minute, "a", &stopped), after(950*time.Millisecond, "b", &stopped), nil)
		start := time.Now()
		if status, body, err := w.get(t.Context()); status != 200 || body != "b" || err != nil || time.Since(start) != 1050*time.Millisecond {
			t.Errorf("%d %q %v after %v, want b after 1.05s", status, body, err, time.Since(start))
		}
	})
}

// The first answer wins; the loser is cancelled, and its instance is not blamed.
func TestTheLoserIsCancelledAndNotCounted(t *testing.T) {
	tests := []struct {
		name         string
		first, other time.Duration
		winner       string
		took         time.Duration
		hedges       int32
		stopped      int32
	}{
		{"fast enough", 99 * time.Millisecond, 0, "a", 99 * time.Millisecond, 0, 0},
		{"the hedge wins", 900 * time.Millisecond, 50 * time.Millisecond, "b", 150 * time.Millisecond, 1, 1},
		{"the first wins all the same", 120 * time.Millisecond, 500 * time.Millisecond, "a", 120 * time.Millisecond, 1, 1},
	}
	for _, tt := range tests {
		inBubble(t, tt.name, func(t *testing.T) {
			var stopped, hedges atomic.Int32
			w := hedged(t, after(tt.first, "a", &stopped), after(tt.other, "b", &stopped), func(s *setup) {
				s.deps.Hooks.Hedged = func(context.Context) { hedges.Add(1) }
				s.cfg.Breaker.Calls, s.cfg.Breaker.Failures, s.cfg.Breaker.Slow = 1, 0.01, 1 // one failure would open it
			})
			start := time.Now()
			_, body, err := w.get(t.Context())
			if body != tt.winner || err != nil || time.Since(start) != tt.took {
				t.Errorf("%q %v after %v", body, err, time.Since(start))
			}
			synctest.Wait()
			if hedges.Load() != tt.hedges || stopped.Load() != tt.stopped {
				t.Errorf("%d hedges, %d stopped", hedges.Load(), stopped.Load())
			}
			for addr, state := range w.Status().Breakers {
				if state != resilience.Closed {
					t.Errorf("the breaker of %s is %s", addr, state)
				}
			}
		})
	}
}

// A failure is not the end while the other attempt runs, and at once when there is none.
func TestHedgeAndFailures(t *testing.T) {
	slowFailure := func(d time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { wait(d); w.WriteHeader(503) }
	}
	var stopped atomic.Int32
	tests := []struct {
		name   string
		a, b   http.HandlerFunc
		status int
		took   time.Duration
	}{
		{"the hedge fails first", after(300*time.Millisecond, "a", &stopped), slowFailure(0), 200, 300 * time.Millisecond},
		{"the first fails while the hedge runs", slowFailure(150 * time.Millisecond), after(100*time.Millisecond, "b", &stopped), 200, 200 * time.Millisecond},
		{"the first fails alone", slowFailure(0), after(0, "b", &stopped), 503, 0},
		{"both fail", slowFailure(150 * time.Millisecond), slowFailure(150 * time.Millisecond), 503, 250 * time.Millisecond},
	}
	for _, tt := range tests {
		inBubble(t, tt.name, func(t *testing.T) {
			w := hedged(t, tt.a, tt.b, func(s *setup) { s.cfg.Reads.Retries = 0 })
			start := time.Now()
			if status, _, err := w.get(t.Context()); status != tt.status || time.Since(start) != tt.took {
				t.Errorf("%d %v after %v, want %d after %v", status, err, time.Since(start), tt.status, tt.took)
			}
		})
	}
}

func TestHedgesSpendTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped, empty, hedges atomic.Int32
		w := hedged(t, after(200*time.Millisecond, "a", &stopped), after(200*time.Millisecond, "b", &stopped), func(s *setup) {
			s.cfg.Retry.Budget, s.cfg.Retry.MinPerSecond = 0.2, 0
			s.deps.Hooks.BudgetEmpty = func(context.Context) { empty.Add(1) }
			s.deps.Hooks.Hedged = func(context.Context) { hedges.Add(1) }
		})
		for range 10 {
			if status, _, err := w.get(t.Context()); status != 200 {
				t.Error(err)
			}
		}
		if hedges.Load() != 2 || empty.Load() != 8 {
			t.Errorf("%d hedges, %d times empty, want 2 and 8", hedges.Load(), empty.Load())
		}
	})
}

func TestOnlyReadsAreHedged(t *testing.T) {
	for _, kind := range kinds[1:] {
		inBubble(t, kind.name, func(t *testing.T) {
			var stopped atomic.Int32
			w := hedged(t, after(500*time.Millisecond, "a", &stopped), after(0, "b", &stopped), func(s *setup) { s.calls.HonoursKeys = true })
			if _, body, err := read(w.RoundTrip(request(t.Context(), kind.method, kind.key, "x"))); body != "a" || err != nil {
				t.Errorf("%q %v", body, err)
			}
		})
	}
}

func TestHedgedByQuantile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		var stopped atomic.Int32
		w := hedged(t, func(w http.ResponseWriter, r *http.Request) {
			if slow.Load() {
				silent(w, r)
			}
			wait(10 * time.Millisecond)
		}, after(10*time.Millisecond, "b", &stopped), func(s *setup) { s.cfg.Hedge = resilience.HedgeConfig{Quantile: 0.95} })
		for range 100 {
			_, _, _ = w.get(t.Context())
		}
		slow.Store(true)
		start := time.Now()
		_, body, err := w.get(t.Context())
		if took := time.Since(start); body != "b" || took < 15*time.Millisecond || took > 40*time.Millisecond {
			t.Errorf("%q %v after %v, want b's after about 20 ms", body, err, took)
		}
	})
}

func TestTheCallerLeavesAHedgedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := hedged(t, silent, silent, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		start := time.Now()
		if _, _, err := w.get(ctx); !errors.Is(err, context.Canceled) || time.Since(start) != 300*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// A declared read has a body, which both attempts send.
func TestHedgedBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got log[string]
		echo := func(d time.Duration) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) {
				content, _ := io.ReadAll(r.Body)
				got.add(string(content))
				wait(d)
			}
		}
		w := hedged(t, echo(500*time.Millisecond), echo(0), func(s *setup) { s.calls.Reads = []string{"POST /things"} })
		_, _, err := read(w.RoundTrip(request(t.Context(), "POST", "", "cart")))
		if l := got.list(); err != nil || len(l) != 2 || l[0] != "cart" || l[1] != "cart" {
			t.Errorf("%v, sent %q", err, l)
		}
	})
}

// notDone is a position that nobody gets to.
type notDone struct{ call.Position }

// Off, it is not in the path.
func TestHedgeOff(t *testing.T) {
	p, err := resilience.New(resilience.Defaults(), resilience.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	next := &notDone{}
	if got := p.Hedge(next); got != call.Position(next) {
		t.Errorf("%T is in the path", got)
	}
}
