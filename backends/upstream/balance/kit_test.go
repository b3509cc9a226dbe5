package balance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/discovery"
	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.FewerDraws()
	goleak.VerifyTestMain(m)
}

// seeded is a source with the same numbers in every run.
func seeded() func() uint64 {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(1, 2))
	return func() uint64 {
		mu.Lock()
		defer mu.Unlock()
		return r.Uint64()
	}
}

func seededEnv() env { return env{seeded(), Defaults().HalfLife} }

// newSet returns a Set with the endpoints, seeded.
func newSet(t testing.TB, cfg Config, endpoints ...discovery.Endpoint) *Set {
	t.Helper()
	s, err := NewSet(cfg, Deps{Rand: seeded()})
	if err != nil {
		t.Fatal(err)
	}
	s.Update(endpoints)
	return s
}

// fast is a Config of a policy without slow start.
func fast(policy string) Config {
	cfg := Defaults()
	cfg.Policy, cfg.SlowStart = policy, 0
	return cfg
}

// named makes one endpoint for each address.
func named(addrs ...string) []discovery.Endpoint {
	var out []discovery.Endpoint
	for _, addr := range addrs {
		out = append(out, discovery.Endpoint{Addr: addr, Weight: 1})
	}
	return out
}

// numbered makes n endpoints.
func numbered(n int) []discovery.Endpoint {
	var out []discovery.Endpoint
	for k := range n {
		out = append(out, discovery.Endpoint{Addr: fmt.Sprintf("10.0.0.%d:80", k)})
	}
	return out
}

// candidates makes one for each weight, called a, b, c and so on.
func candidates(weights ...float64) []Candidate {
	var out []Candidate
	for n, w := range weights {
		out = append(out, Candidate{Instance: &Instance{addr: string(rune('a' + n))}, Weight: w, ramp: 1})
	}
	return out
}

// find returns the set's instance of the address.
func find(t testing.TB, s *Set, addr string) *Instance {
	t.Helper()
	for _, i := range s.Instances() {
		if i.addr == addr {
			return i
		}
	}
	t.Fatalf("no instance %s", addr)
	return nil
}

// shares counts where n picks of a Set go; each ends at once.
func shares(t testing.TB, s *Set, n int) map[string]float64 {
	t.Helper()
	keys := seeded()
	count := map[string]float64{}
	for range n {
		lease, err := s.Pick(nil, keys())
		if err != nil {
			t.Fatal(err)
		}
		count[lease.addr] += 1 / float64(n)
		lease.Done(Success)
	}
	return count
}

// near fails unless each share is what is wanted, give or take the tolerance.
func near(t testing.TB, got, want map[string]float64, tolerance float64) {
	t.Helper()
	for addr, share := range want {
		if math.Abs(got[addr]-share) > tolerance {
			t.Errorf("%s has a share of %.4f, want %.4f ± %.3f", addr, got[addr], share, tolerance)
		}
	}
	for addr := range got {
		if _, ok := want[addr]; !ok {
			t.Errorf("%s has a share of %.4f, want none", addr, got[addr])
		}
	}
}

// advance passes fake time.
func advance(d time.Duration) { <-time.After(d) }
