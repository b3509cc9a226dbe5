package resilience

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// breakers are those of a service's instances, by address; made when an instance is first spoken to.
type breakers struct {
	cfg     BreakerConfig
	changed func(addr string, state State)

	// served counts what closed breakers let through and succeeded: the service is not all gone.
	served atomic.Uint64

	known atomic.Pointer[map[string]*breaker] // a snapshot, replaced under mu
	mu    sync.Mutex
}

func newBreakers(cfg BreakerConfig, changed func(string, State)) *breakers {
	b := &breakers{cfg: cfg, changed: changed}
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
