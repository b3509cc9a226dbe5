package health

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tiffin/backends/upstream/balance"
)

// watched is a Set with Outliers that run until the test ends.
type watched struct {
	*balance.Set
	log

	outliers *Outliers
}

func watch(t *testing.T, cfg PassiveConfig, addrs ...string) *watched {
	t.Helper()
	w := &watched{Set: newSet(t, addrs...)}
	outliers, err := NewOutliers(cfg, OutliersDeps{
		Set: w.Set,
		Ejected: func(e Ejection) {
			w.add("%s out: %s, %s, %d", e.Addr, e.Reason, e.For, e.Times)
		},
		Returned: func(addr string) { w.add("%s back", addr) },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.outliers = outliers
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		outliers.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

// end lets n attempts at the instance end with the outcome.
func (w *watched) end(t *testing.T, addr string, outcome balance.Outcome, n int) {
	t.Helper()
	for range n {
		w.once(t, addr, outcome)
	}
}

func (w *watched) once(t *testing.T, addr string, outcome balance.Outcome) {
	t.Helper()
	var tried []string
	for _, i := range w.Instances() {
		if i.Addr() != addr {
			tried = append(tried, i.Addr())
		}
	}
	lease, err := w.Pick(tried, 0)
	if err != nil || lease.Addr() != addr {
		t.Fatalf("%s is not picked", addr)
	}
	lease.Done(outcome)
	w.outliers.Observe(lease.Instance, outcome)
}

func TestConsecutiveFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, Defaults().Passive, "a", "b", "c")
		w.end(t, "a", balance.Failure, 4)
		w.end(t, "a", balance.Success, 1)
		w.end(t, "a", balance.Failure, 4)
		w.end(t, "a", balance.Cancelled, 10) // neither a failure nor the end of a streak
		w.told(t)
		w.end(t, "a", balance.Failure, 1)
		w.told(t, "a out: consecutive failures, 30s, 1")
		if got := picked(t, w.Set); got != "bc" {
			t.Errorf("%s are picked", got)
		}
		advance(30 * second)
		w.told(t, "a back")
		if got := picked(t, w.Set); got != "abc" {
			t.Errorf("%s are picked", got)
		}
		w.end(t, "a", balance.Failure, 4) // a full new try
		w.told(t)
	})
}

func TestEjectionsGrowAndAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Defaults().Passive
		cfg.MaxEjection = 70 * second
		w := watch(t, cfg, "a", "b")
		for _, tt := range []struct {
			rest time.Duration // well behaved before
			want string
			out  time.Duration
		}{
			{0, "a out: consecutive failures, 30s, 1", 30 * second},
			{0, "a out: consecutive failures, 1m0s, 2", 60 * second},
			{0, "a out: consecutive failures, 1m10s, 3", 70 * second},
			{60 * second, "a out: consecutive failures, 1m0s, 2", 60 * second},
			{time.Hour, "a out: consecutive failures, 30s, 1", 30 * second},
		} {
			advance(tt.rest)
			w.end(t, "a", balance.Failure, 5)
			w.told(t, tt.want)
			advance(tt.out)
			w.told(t, "a back")
		}
	})
}

func TestAtMostHalfAreOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, Defaults().Passive, "a", "b", "c", "d", "e")
		for _, addr := range []string{"a", "b", "c", "d", "e"} {
			w.end(t, addr, balance.Failure, 5)
		}
		w.told(t, "a out: consecutive failures, 30s, 1", "b out: consecutive failures, 30s, 1")
		if got := picked(t, w.Set); got != "cde" {
			t.Errorf("%s are picked, want all but two", got)
		}
		advance(31 * second)
		w.told(t, "a back", "b back")
		w.end(t, "c", balance.Cancelled, 1)
		w.told(t)
		w.end(t, "c", balance.Failure, 1) // its streak went on
		w.told(t, "c out: consecutive failures, 30s, 1")
	})
}

func TestFailureRates(t *testing.T) {
	type calls struct{ good, bad int }
	tests := []struct {
		name  string
		calls []calls // of a, b, c
		want  []string
	}{
		{"one far from the others", []calls{{60, 40}, {95, 5}, {95, 5}}, []string{"a out: failure rate, 30s, 1"}},
		{"not so far", []calls{{66, 34}, {95, 5}, {95, 5}}, nil},
		{"all alike", []calls{{50, 50}, {50, 50}, {50, 50}}, nil},
		{"too few calls", []calls{{9, 10}, {95, 5}, {95, 5}}, nil},
		{"too few calls of the others", []calls{{50, 50}, {9, 0}, {9, 0}}, nil},
		{"the worst of two", []calls{{40, 60}, {1000, 0}, {10, 90}}, []string{"c out: failure rate, 30s, 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := Defaults().Passive
				cfg.Consecutive = 0
				w := watch(t, cfg, "a", "b", "c")
				for n, c := range tt.calls {
					addr := string(rune('a' + n))
					w.end(t, addr, balance.Success, c.good)
					w.end(t, addr, balance.Failure, c.bad)
				}
				w.told(t)
				advance(10 * second)
				w.told(t, tt.want...)
			})
		})
	}
}

// Each window begins anew: calls of two do not add up to enough.
func TestWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Defaults().Passive
		cfg.Consecutive = 0
		w := watch(t, cfg, "a", "b", "c")
		w.end(t, "b", balance.Success, 100)
		for range 3 {
			w.end(t, "a", balance.Failure, cfg.MinCalls-1)
			w.end(t, "b", balance.Success, cfg.MinCalls)
			advance(10 * second)
		}
		w.told(t)
	})
}

// An outlier has more than cfg.Excess above the rest, and no instance of the least rate is one.
func TestOutlying(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Defaults().Passive
		samples := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sample {
			calls := rapid.IntRange(0, 1000).Draw(t, "calls")
			return sample{nil, float64(calls), float64(rapid.IntRange(0, calls).Draw(t, "failures"))}
		}), 0, 8).Draw(t, "samples")
		last := 1.0
		for _, s := range outlying(samples, cfg) {
			if s.calls < float64(cfg.MinCalls) || s.rate() <= cfg.Excess || s.rate() > last {
				t.Errorf("%+v of %+v", s, samples)
			}
			last = s.rate()
			for _, other := range samples {
				if other.calls > 0 && other.rate() < s.rate() {
					return
				}
			}
			t.Errorf("the best is out: %+v", s)
		}
	})
}

func TestWhoLeavesIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, Defaults().Passive, "a", "b")
		w.end(t, "a", balance.Failure, 5)
		w.Update(endpoints("b"))
		advance(time.Minute)
		w.told(t, "a out: consecutive failures, 30s, 1")
		if len(w.outliers.records) != 1 { // b's
			t.Errorf("%d records", len(w.outliers.records))
		}
	})
}

func TestDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Defaults().Passive
		cfg.Disabled = true
		w := watch(t, cfg, "a", "b")
		w.end(t, "a", balance.Failure, 100)
		w.end(t, "b", balance.Success, 100)
		advance(time.Minute)
		w.told(t)
	})
}

func TestASuccessCostsNothing(t *testing.T) {
	s := newSet(t, "a")
	o, err := NewOutliers(Defaults().Passive, OutliersDeps{Set: s})
	if err != nil {
		t.Fatal(err)
	}
	instance := s.Instances()[0]
	if n := testing.AllocsPerRun(100, func() { o.Observe(instance, balance.Success) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
