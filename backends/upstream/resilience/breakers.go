package resilience

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// breakers are those of a service's instances, by address; made when an instance is first spoken to.
type breakers struct {
	cfg     BreakerConfig
	changed func(addr string, state State)
	epoch   time.Time

	// served counts what closed breakers let through and succeeded: the service is not all gone.
	served atomic.Uint64

	known atomic.Pointer[map[string]*breaker] // a snapshot, replaced under mu
	mu    sync.Mutex
}

func newBreakers(cfg BreakerConfig, changed func(string, State)) *breakers {
	b := &breakers{cfg: cfg, changed: changed, epoch: time.Now()}
	b.known.Store(&map[string]*breaker{})
	return b
}

func (b *breakers) of(addr string) *breaker {
	if known := (*b.known.Load())[addr]; known != nil {
		return known
	}
	return b.add(addr)
}

func (b *breakers) add(addr string) *breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := (*b.known.Load())[addr]; known != nil {
		return known
	}
	next := maps.Clone(*b.known.Load())
	next[addr] = newBreaker(b.cfg, &b.served, func(state State) { b.changed(addr, state) })
	b.known.Store(&next)
	return next[addr]
}

func (b *breakers) keep(addrs []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := maps.Clone(*b.known.Load())
	maps.DeleteFunc(next, func(addr string, _ *breaker) bool { return !slices.Contains(addrs, addr) })
	b.known.Store(&next)
}

func (b *breakers) states() map[string]State {
	states := map[string]State{}
	for addr, one := range *b.known.Load() {
		states[addr] = one.state()
	}
	return states
}

// answer is what an attempt came to, as far as its time is concerned.
type answer struct {
	outcome outcome
	slow    bool
	err     error
}

// compare notes the pace of an attempt at the instance of that breaker, and makes a failure of an answer that was slow where those of the
// other instances are not. What failed otherwise says nothing about pace, but for a time-out.
func (b *breakers) compare(here *breaker, a answer, now time.Duration) outcome {
	timeout := a.err != nil && errors.Is(a.err, context.DeadlineExceeded)
	if a.outcome != succeeded && !timeout {
		return a.outcome
	}
	here.pace.note(now, b.cfg.Window, a.slow || timeout)
	if a.outcome == succeeded && a.slow && b.othersAreQuick(here, now) {
		return failed
	}
	return a.outcome
}

// othersAreQuick reports whether the other instances together have answered often enough to be compared with, and with at most half the
// share of slow answers that would open a breaker: so that those of nobody count where all are about equally slow.
func (b *breakers) othersAreQuick(here *breaker, now time.Duration) bool {
	var slow, all uint64
	for _, other := range *b.known.Load() {
		if other != here {
			s, n := other.pace.sum(now, b.cfg.Window)
			slow, all = slow+s, all+n
		}
	}
	return float64(all) >= float64(b.cfg.Calls) && float64(slow) <= b.cfg.Failures/2*float64(all)
}
