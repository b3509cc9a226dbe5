package resilience_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tiffin/backends/upstream/resilience"
)

// A service that is down sees 1.2 times the calls: at a steady rate, and with many calls at once.
func TestTheBudgetCapsAStorm(t *testing.T) {
	for name, burst := range map[string]int{"one by one": 1, "a hundred at a time": 100} {
		inBubble(t, name, func(t *testing.T) {
			const calls = 2000
			service := always(503)
			var empty atomic.Int32
			w := open(t, map[string]http.HandlerFunc{"a": service.ServeHTTP}, func(s *setup) {
				s.cfg.Breaker.Calls = 100_000 // out of the way
				s.deps.Hooks.BudgetEmpty = func(context.Context) { empty.Add(1) }
			})
			for range calls / burst {
				var group sync.WaitGroup
				for range burst {
					group.Go(func() { _, _, _ = w.get(t.Context()) })
				}
				group.Wait()
				wait(time.Duration(burst) * 10 * time.Millisecond) // 100 calls a second
			}
			if n := service.seen(); n > calls*12/10 || n < calls*11/10 || empty.Load() == 0 {
				t.Errorf("%d calls made %d attempts, want up to 1.2 times as many; empty %d times", calls, n, empty.Load())
			}
		})
	}
}

// After a time in which all was well, too: what was saved counts for 10 s, once.
func TestTheBudgetDoesNotSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := resilience.NewBudget(0.2, 1)
		for range 100_000 {
			b.Call(time.Now())
		}
		wait(10 * time.Second)
		if left := b.Left(); left != 10 {
			t.Errorf("%d left after 10 s, want the minimum, 10", left)
		}
	})
}

// Calls count for the 10 s in which they are made, extra attempts too: both are needed at the turn of a window.
func TestTheBudgetOfTheLastTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := resilience.NewBudget(0.2, 0)
		hundred := func() int {
			taken := 0
			for range 100 {
				b.Call(time.Now())
			}
			for b.Take() {
				taken++
			}
			return taken
		}
		for range 100 {
			b.Call(time.Now())
		}
		wait(9500 * time.Millisecond)
		taken := 0
		for b.Take() {
			taken++
		}
		wait(time.Second) // the calls are out of the window, what they allowed is not
		if again := hundred(); taken != 20 || again != 0 {
			t.Errorf("%d, then %d, want 20 and 0", taken, again)
		}
		wait(9 * time.Second)
		if again := hundred(); again != 40 {
			t.Errorf("%d in the end, want those of both hundreds, 40", again)
		}
	})
}

// What the minimum lends is paid back, also after a time in which there was plenty.
func TestTheMinimumIsLent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := resilience.NewBudget(0.2, 2)
		for range 100_000 {
			b.Call(time.Now())
		}
		wait(time.Minute)
		taken := 0
		for range 2050 { // 67 a second for 30 s and a little, all of which fail
			b.Call(time.Now())
			if b.Take() {
				taken++
			}
			wait(15 * time.Millisecond)
		}
		if taken > 410 {
			t.Errorf("%d of 2050, want 410 at most", taken)
		}
	})
}

// But no more than it lends in 10 s: an hour with few calls does not take the share from those after it.
func TestTheLoanIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := resilience.NewBudget(0.2, 2)
		for range 3600 {
			b.Call(time.Now())
			_, _ = b.Take(), b.Take()
			wait(time.Second)
		}
		wait(time.Minute)
		for range 1000 {
			b.Call(time.Now())
		}
		if left := b.Left(); left != 180 {
			t.Errorf("%d left after 1000 calls, want 200 less 20", left)
		}
	})
}

func TestBudgetMinimum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := resilience.NewBudget(0.2, 1)
		taken := 0
		for range 60 { // a minute with one call a second and as many retries as there may be
			b.Call(time.Now())
			for b.Take() {
				taken++
			}
			wait(time.Second)
		}
		if taken != 60 {
			t.Errorf("%d in a minute, want one a second", taken)
		}
	})
}

// Whatever happens when: in the slots that count, there are never more than allowed.
func TestBudgetProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		share := rapid.Float64Range(0, 1).Draw(r, "share")
		least := rapid.Float64Range(0, 3).Draw(r, "least")
		steps := rapid.SliceOfN(rapid.IntRange(0, 3), 1, 300).Draw(r, "steps")
		synctest.Test(t, func(t *testing.T) {
			b := resilience.NewBudget(share, least)
			start := time.Now()
			calls, extra := map[int]int{}, map[int]int{} // by second
			for _, step := range steps {
				now := int(time.Since(start) / time.Second)
				switch step {
				case 0:
					wait(700 * time.Millisecond)
				case 1:
					b.Call(time.Now())
					calls[now]++
				default:
					if b.Take() {
						extra[now]++
					}
				}
				sumCalls, sumExtra := 0, 0
				for s := now - 9; s <= now; s++ {
					sumCalls, sumExtra = sumCalls+calls[s], sumExtra+extra[s]
				}
				if allowed := max(share*float64(sumCalls), 10*least); step > 1 && float64(sumExtra) > allowed+1e-6 {
					t.Fatalf("%d extra attempts, %d calls, share %v, least %v", sumExtra, sumCalls, share, least)
				}
			}
		})
	})
}
