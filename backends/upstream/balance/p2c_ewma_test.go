package balance

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/internal/testkit"
)

// service is how long each instance takes at a time.
type service func(addr string) time.Duration

// drive lets callers call one after the other for a period of fake time, and returns the share of each instance.
func drive(t testing.TB, s *Set, callers int, period time.Duration, takes service) map[string]float64 {
	t.Helper()
	count, total := map[string]float64{}, 0.0
	var mu sync.Mutex
	var all sync.WaitGroup
	end := time.Now().Add(period)
	for range callers {
		all.Go(func() {
			for time.Now().Before(end) {
				lease, err := s.Pick(nil, 0)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				count[lease.Addr()]++
				total++
				mu.Unlock()
				advance(takes(lease.Addr()))
				lease.Done(Success)
			}
		})
	}
	all.Wait()
	for addr := range count {
		count[addr] /= total
	}
	return count
}

func slow(addr string, took time.Duration) service {
	return func(a string) time.Duration {
		if a == addr {
			return took
		}
		return 5 * time.Millisecond
	}
}

// Of two as fast as each other and one a hundred times slower, that one gets little, but something: it is due 0.5 % by its speed. When
// it is fast again it has its third soon.
func TestTheSlowOneGetsItsSmallShareInFull(t *testing.T) {
	testkit.InFull(t)
	for _, callers := range []int{1, 20} {
		synctest.Test(t, func(t *testing.T) {
			s := newSet(t, fast("p2c_ewma"), named("a", "b", "slow")...)
			drive(t, s, callers, 5*second, slow("slow", second/2)) // everybody is known
			got := drive(t, s, callers, 20*second, slow("slow", second/2))["slow"]
			if got == 0 || got > 0.02 {
				t.Errorf("%d callers: the slow one has %.4f, want a little", callers, got)
			}
			drive(t, s, 2, 30*second, slow("", 0))
			near(t, drive(t, s, callers, 10*second, slow("", 0)), map[string]float64{"a": 1. / 3, "b": 1. / 3, "slow": 1. / 3}, 0.02)
		})
	}
}

// crowded makes a service in front of which everybody waits for this process's CPU, up to 800 ms, whichever instance is asked.
func crowded(s service) service {
	var mu sync.Mutex
	luck := rand.New(rand.NewPCG(1, 2))
	return func(addr string) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return s(addr) + time.Duration(luck.Float64()*luck.Float64()*float64(800*time.Millisecond))
	}
}

// Where we are short of CPU all instances look slow. The one that really is gets little all the same.
func TestTheSlowOneIsFoundInACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet(t, fast("p2c_ewma"), named("a", "slow")...)
		drive(t, s, 100, 5*second, crowded(slow("slow", second/2)))
		if got := drive(t, s, 100, 20*second, crowded(slow("slow", second/2)))["slow"]; got == 0 || got > 0.05 {
			t.Errorf("the slow one has %.4f, want a little", got)
		}
		drive(t, s, 100, 10*second, crowded(slow("", 0)))
		near(t, drive(t, s, 100, 20*second, crowded(slow("", 0))), map[string]float64{"a": 0.5, "slow": 0.5}, 0.03)
	})
}

// An instance whose answers take now this long and now that is no slower for it: what is compared is of the same kind.
func TestUnlikeRequestsAreNoSlowness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		luck := rand.New(rand.NewPCG(1, 2))
		takes := func(string) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			return time.Duration(math.Pow(10, luck.Float64()*2.5) * float64(200*time.Microsecond)) // 0.2 to 63 ms
		}
		s := newSet(t, fast("p2c_ewma"), named("a", "b", "c")...)
		near(t, drive(t, s, 10, 20*second, takes), map[string]float64{"a": 1. / 3, "b": 1. / 3, "c": 1. / 3}, 0.03)
	})
}

// least_request sees a slow instance too, by what piles up there; turns do not.
func TestLeastRequestAvoidsAPile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		takes := slow("slow", second/2)
		least := drive(t, newSet(t, fast("least_request"), named("a", "b", "slow")...), 30, 10*second, takes)["slow"]
		turns := drive(t, newSet(t, fast("round_robin"), named("a", "b", "slow")...), 30, 10*second, takes)["slow"]
		if least > 0.1 || turns < 0.3 {
			t.Errorf("the slow one has %.3f with least_request, %.3f with round_robin", least, turns)
		}
	})
}

// An instance that fails at once is not attractive for being quick.
func TestFailingFastDoesNotAttract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet(t, fast("p2c_ewma"), named("a", "b", "broken")...)
		broken := 0
		for range 1000 {
			lease, _ := s.Pick(nil, 0)
			if lease.Addr() == "broken" {
				broken++
				lease.Done(Failure)
				continue
			}
			advance(5 * time.Millisecond)
			lease.Done(Success)
		}
		if broken == 0 || broken > 50 {
			t.Errorf("%d of 1000 calls went to the broken one", broken)
		}
	})
}

// Without history only what is in flight counts; the share of an unknown instance is that of any other.
func TestTheUnknownIsNoBetter(t *testing.T) {
	among := candidates(1, 1)
	among[0].latency.observe(0, 5*time.Millisecond, second)
	judge := byLoad{second}
	a, b := contender{among[0].Instance, 1}, contender{among[1].Instance, 1}
	if got := judge.keeps(a, b, Attempt{}); got != 1 {
		t.Errorf("keeps %g, want 1", got)
	}
	among[0].inFlight.Add(3)
	if got := judge.keeps(a, b, Attempt{}); got != 0.25 {
		t.Errorf("keeps %g with 3 in flight, want 0.25", got)
	}
	a.strain = 1. / 3 // three times the weight: three in flight are one
	if got := judge.keeps(a, b, Attempt{}); got != 0.5 {
		t.Errorf("keeps %g with three times the weight, want 0.5", got)
	}
}
