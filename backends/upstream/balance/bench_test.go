package balance

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A pick among 100 instances and its end; the target is 200 ns for the pick, without allocations.
func BenchmarkPick(b *testing.B) {
	for policy := range policies() {
		for name, zone := range map[string]string{"": "", "/zone": "a"} {
			b.Run(policy+name, func(b *testing.B) {
				cfg := fast(policy)
				cfg.Zone = zone
				endpoints := numbered(100)
				for n := range endpoints {
					endpoints[n].Zone = string(rune('a' + n%3))
				}
				s, err := NewSet(cfg, Deps{})
				if err != nil {
					b.Fatal(err)
				}
				s.Update(endpoints)
				for n, i := range s.Instances() {
					i.latency.observe(0, time.Duration(n+1)*time.Millisecond, cfg.HalfLife)
				}
				b.ReportAllocs()
				for b.Loop() {
					lease, _ := s.Pick(nil, rand.Uint64())
					lease.inFlight.Add(-1)
				}
			})
		}
	}
}

// What a pick cannot do without: reading the clock. The machine's speed drops out of the ratio to this.
func BenchmarkClock(b *testing.B) {
	epoch := time.Now()
	for b.Loop() {
		_ = time.Since(epoch)
	}
}

func BenchmarkDone(b *testing.B) {
	s := newSet(b, Defaults(), numbered(100)...)
	lease, _ := s.Pick(nil, 0)
	b.ReportAllocs()
	for b.Loop() {
		lease.inFlight.Add(1)
		lease.Done(Success)
	}
}

// The cost of one change of health, which is not on the way of a pick.
func BenchmarkRebuild(b *testing.B) {
	for policy := range policies() {
		b.Run(policy, func(b *testing.B) {
			s := newSet(b, fast(policy), numbered(100)...)
			b.ReportAllocs()
			for b.Loop() {
				s.mu.Lock()
				s.rebuild(0)
				s.mu.Unlock()
			}
		})
	}
}
