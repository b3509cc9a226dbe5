package resilience_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

const (
	tooSlow = 800 * time.Millisecond // of a read's second
	quick   = 5 * time.Millisecond
)

// trio is three instances, each asked by name and told how long to take.
type trio struct {
	*resilience.Policies
	chain http.RoundTripper
}

// threesome makes them in a bubble.
func threesome(t *testing.T) *trio {
	t.Helper()
	policies, err := resilience.New(resilience.Defaults(), resilience.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	far := roundTrip(func(req *http.Request) (*http.Response, error) {
		takes, err := time.ParseDuration(req.Header.Get("Takes"))
		if err != nil {
			t.Error(err)
		}
		select {
		case <-time.After(takes):
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("ok")), Request: req}, nil
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	})
	return &trio{policies, call.Start(call.Config{}, addressed(policies.Breaker(policies.Attempt(far))))}
}

// addressed goes to the instance that the request itself names.
func addressed(next call.Position) call.Position {
	return call.Func(func(t call.Trip) (*http.Response, error) {
		t.Attempt = t.Call.Begin(call.Attempt{Addr: t.Request.URL.Host, Began: t.Now()})
		return next.Do(t)
	})
}

// begin makes n reads of the instance at once, which take so long.
func (three *trio) begin(t *testing.T, n int, name string, takes time.Duration) {
	t.Helper()
	for range n {
		go func() {
			req := request(t.Context(), "GET", "", "")
			req.URL.Host = name
			req.Header.Set("Takes", takes.String())
			_, _ = three.chain.RoundTrip(req)
		}()
	}
}

// ask does that and waits for the answers.
func (three *trio) ask(t *testing.T, n int, name string, takes time.Duration) {
	t.Helper()
	three.begin(t, n, name, takes)
	wait(takes)
	synctest.Wait()
}

// Slow answers open the breaker of an instance while the others give quick ones, and of none while they are slow as well.
func TestSlowIsSlowerThanTheOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(*testing.T, *trio)
		takes  time.Duration
		opens  bool
	}{
		"the others are quick": {func(t *testing.T, three *trio) { t.Helper(); three.ask(t, 20, "b", quick) }, tooSlow, true},
		"not slow":             {func(t *testing.T, three *trio) { t.Helper(); three.ask(t, 20, "b", quick) }, tooSlow - 1, false},
		"nobody to be compared with": {
			func(*testing.T, *trio) {}, tooSlow, false,
		},
		"too few to be compared with": {
			func(t *testing.T, three *trio) { t.Helper(); three.ask(t, 19, "b", quick) }, tooSlow, false,
		},
		"two of them together are enough": {
			func(t *testing.T, three *trio) {
				t.Helper()
				three.ask(t, 10, "b", quick)
				three.ask(t, 10, "c", quick)
			}, tooSlow, true,
		},
		"the others are slow too": {
			func(t *testing.T, three *trio) { t.Helper(); three.ask(t, 20, "b", tooSlow) }, tooSlow, false,
		},
		"the others are out of time": {
			func(t *testing.T, three *trio) { t.Helper(); three.ask(t, 20, "b", 2*time.Second) }, tooSlow, false,
		},
		"a quarter of the others' is slow": {
			func(t *testing.T, three *trio) {
				t.Helper()
				three.ask(t, 15, "b", quick)
				three.ask(t, 5, "c", tooSlow)
			}, tooSlow, true,
		},
		"more than a quarter": {
			func(t *testing.T, three *trio) {
				t.Helper()
				three.ask(t, 15, "b", quick)
				three.ask(t, 6, "c", tooSlow)
			}, tooSlow, false,
		},
		"the others were quick, before the window": {
			func(t *testing.T, three *trio) { t.Helper(); three.ask(t, 20, "b", quick); wait(10 * time.Second) }, tooSlow, false,
		},
		"out of time like the others": { // then it is the service that is gone, and refusing at once spares everybody the wait
			func(t *testing.T, three *trio) { t.Helper(); three.ask(t, 10, "b", 2*time.Second) }, 2 * time.Second, true,
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			three := threesome(t)
			tt.before(t, three)
			three.ask(t, 20, "a", tt.takes)
			if got := three.Status().Breakers["a"]; (got == resilience.Open) != tt.opens {
				t.Errorf("%s, want it open: %t", got, tt.opens)
			}
		})
	}
}

// A process that is short of CPU finds all instances equally slow, more or less of the time, also after a time in which they were quick.
// It blames none of them. The one that stays slow afterwards is.
func TestWhenAllAreSlowNobodyIsToBlame(t *testing.T) {
	for _, share := range []float64{0.1, 0.4, 0.5, 0.6, 0.9, 1} {
		synctest.Test(t, func(t *testing.T) {
			three, luck := threesome(t), rand.New(rand.NewPCG(1, 2))
			mixed := func(rounds int, share float64) {
				for range rounds {
					for range 30 {
						takes := quick
						if luck.Float64() < share {
							takes = tooSlow
						}
						three.begin(t, 1, []string{"a", "b", "c"}[luck.IntN(3)], takes)
					}
					wait(time.Second)
				}
			}
			mixed(20, 0)
			mixed(60, share)
			for name, state := range three.Status().Breakers {
				if state != resilience.Closed {
					t.Errorf("%g of all answers are slow: the breaker of %s is %s", share, name, state)
				}
			}
			for range 20 {
				three.begin(t, 10, "a", tooSlow)
				three.begin(t, 10, "b", quick)
				three.begin(t, 10, "c", quick)
				wait(time.Second)
			}
			if got := three.Status().Breakers; got["a"] == resilience.Closed || got["b"] != resilience.Closed || got["c"] != resilience.Closed {
				t.Errorf("a alone is slow: %v", got)
			}
		})
	}
}

// An attempt whose time-out is noticed late speaks against no instance: who was not there to see the time pass was not there to see the
// answer either.
func TestLateIsOurOwnFault(t *testing.T) {
	for name, tt := range map[string]struct {
		late time.Duration
		ours bool
	}{
		"in time":       {0, false},
		"a little late": {100 * time.Millisecond, false},
		"late":          {101 * time.Millisecond, true},
		"very late":     {5 * time.Second, true},
	} {
		inBubble(t, name, func(t *testing.T) {
			states := &log[resilience.State]{}
			w := open(t, map[string]http.HandlerFunc{"a": silent}, func(s *setup) {
				s.cfg.Reads.Retries, s.cfg.Breaker.Window = 0, time.Minute
				s.deps.Hooks.BreakerChanged = func(_ string, state resilience.State) { states.add(state) }
				s.wrap = func(http.RoundTripper) http.RoundTripper {
					return roundTrip(func(req *http.Request) (*http.Response, error) {
						<-req.Context().Done()
						wait(tt.late)
						return nil, req.Context().Err()
					})
				}
			})
			for range 20 {
				_, _, err := w.get(t.Context())
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, call.ErrLate) != tt.ours {
					t.Fatal(err)
				}
				if strings.Contains(err.Error(), "short of CPU") != tt.ours {
					t.Errorf("%v does not say so", err)
				}
			}
			if opened := len(states.list()) > 0; opened == tt.ours {
				t.Errorf("told %v", states.list())
			}
		})
	}
}
