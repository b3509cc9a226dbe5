package balance

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"tiffin/internal/testkit"
)

// scatters is by how much a policy's shares may miss the weights.
var scatters = map[string]float64{
	"p2c_ewma": 0.02, "least_request": 0.02, "weighted": 0.001, "round_robin": 0.001,
	"ring_hash": 0.06, // 256 points each
}

// every runs a test for each policy of the table.
func every(t *testing.T, test func(t *testing.T, policy string, build constructor)) {
	t.Helper()
	table := policies()
	if len(table) != len(scatters) {
		t.Fatalf("%d policies, %d of them tested", len(table), len(scatters))
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		t.Run(name, func(t *testing.T) { test(t, name, table[name]) })
	}
}

// Whatever was tried, a pick is an untried candidate as long as there is one, and nil after that.
func TestPicksWhatWasNotTried(t *testing.T) {
	every(t, func(t *testing.T, _ string, build constructor) {
		rapid.Check(t, func(t *rapid.T) {
			weights := rapid.SliceOfN(rapid.Float64Range(0.1, 1000), 1, 12).Draw(t, "weights")
			among := candidates(weights...)
			picker := build(among, seededEnv())
			keys := seeded()
			tried := []string{"gone:1"}
			for range weights {
				got := picker.Pick(Attempt{Tried: tried, Key: keys()})
				if got == nil {
					t.Fatalf("nil, though of %d only %v were tried", len(weights), tried)
				}
				if slices.Contains(tried, got.addr) || !slices.ContainsFunc(among, func(c Candidate) bool { return c.Instance == got }) {
					t.Fatalf("picked %s, tried %v", got.addr, tried)
				}
				tried = append(tried, got.addr)
			}
			if got := picker.Pick(Attempt{Tried: tried, Key: keys()}); got != nil {
				t.Fatalf("picked %s after all were tried", got.addr)
			}
		})
	})
}

func TestSharesFollowWeightsInFull(t *testing.T) {
	testkit.InFull(t)
	for _, weights := range [][]int{{1}, {1, 1, 1}, {1, 2, 3}, {1, 1, 8}, {100, 1, 50, 49}} {
		every(t, func(t *testing.T, policy string, _ constructor) {
			endpoints, want := numbered(len(weights)), map[string]float64{}
			total := 0
			for n, w := range weights {
				endpoints[n].Weight = w
				total += w
			}
			for n, w := range weights {
				want[endpoints[n].Addr] = float64(w) / float64(total)
				if policy == "round_robin" {
					want[endpoints[n].Addr] = 1 / float64(len(weights))
				}
			}
			synctest.Test(t, func(t *testing.T) { // where all latencies are equal
				near(t, shares(t, newSet(t, fast(policy), endpoints...), 30_000), want, scatters[policy])
			})
		})
	}
}

// Without waiting for many calls the turns are even: after each few rounds everybody had what is theirs, one more or less.
func TestTurnsAreEven(t *testing.T) {
	picker := newWeighted(candidates(4, 2, 1, 1), seededEnv())
	var order strings.Builder
	for range 8 {
		order.WriteString(picker.Pick(Attempt{}).addr)
	}
	for addr, want := range map[string]int{"a": 4, "b": 2, "c": 1, "d": 1} {
		if got := strings.Count(order.String(), addr); got < want-1 || got > want+1 {
			t.Errorf("%s had %d of 8 turns %s, want about %d", addr, got, &order, want)
		}
	}
	picker = newRoundRobin(candidates(4, 2, 1), seededEnv())
	order.Reset()
	for range 9 {
		order.WriteString(picker.Pick(Attempt{}).addr)
	}
	if turns := "abcabcabcabc"; !strings.Contains(turns, order.String()) {
		t.Errorf("round robin went %s", &order)
	}
}

func TestManyPickAtOnce(t *testing.T) {
	every(t, func(t *testing.T, policy string, _ constructor) {
		s := newSet(t, fast(policy), numbered(5)...)
		var all sync.WaitGroup
		for n := range 4 {
			all.Go(func() {
				for k := range 200 {
					if n == 0 && k%50 == 0 {
						s.Update(numbered(4 + k/50%2))
					}
					lease, err := s.Pick(nil, uint64(k)<<56)
					if err != nil {
						t.Error(err)
						return
					}
					lease.Done(Outcome(k % 3))
				}
			})
		}
		all.Wait()
		for _, i := range s.Instances() {
			if i.InFlight() != 0 {
				t.Errorf("%s has %d in flight", i.Addr(), i.InFlight())
			}
		}
	})
}

func TestPickAllocatesNothing(t *testing.T) {
	every(t, func(t *testing.T, policy string, _ constructor) {
		cfg := fast(policy)
		cfg.Zone = "a"
		endpoints := numbered(100)
		for n := range endpoints {
			endpoints[n].Weight, endpoints[n].Zone = n, string(rune('a'+n%2))
		}
		s := newSet(t, cfg, endpoints...)
		keys := seeded()
		tried := []string{endpoints[0].Addr, endpoints[1].Addr}
		if n := testing.AllocsPerRun(1000, func() {
			lease, _ := s.Pick(tried, keys())
			lease.Done(Success)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
