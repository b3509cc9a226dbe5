package resilience

import (
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// breaker is one instance's: a sequence of periods.
//
//	closed ──too many failures──▶ open, for Open ──▶ half-open ──all probes succeed──▶ closed
//	                                ▲                    │
//	                                └── for twice that ──┘ a probe fails
//
// It is twice as long only where the service was served in the meantime, by other instances. Where all are out, a longer wait spares
// nobody and only finds the service later when it is back.
//
// A period is either closed, or open and then half-open. Each has a library breaker of its own; an attempt reports to the period that
// admitted it, and what it says once that is over changes nothing.
type breaker struct {
	cfg     BreakerConfig
	served  *atomic.Uint64
	changed func(State)
	pace    pace
	now     atomic.Pointer[period]
}

func newBreaker(cfg BreakerConfig, served *atomic.Uint64, changed func(State)) *breaker {
	b := &breaker{cfg: cfg, served: served, changed: changed}
	b.now.Store(b.closed())
	return b
}

// admit returns the period that an attempt belongs to, nil where none may be made.
func (b *breaker) admit() *period {
	if p := b.now.Load(); p.admit() {
		return p
	}
	return nil
}

func (b *breaker) state() State {
	switch b.now.Load().lib.State() {
	case circuitbreaker.OpenState:
		return Open
	case circuitbreaker.HalfOpenState:
		return HalfOpen
	case circuitbreaker.ClosedState:
	}
	return Closed
}

// follow puts next in the place of p; only once, whoever comes first.
func (b *breaker) follow(p, next *period, state State) {
	if b.now.CompareAndSwap(p, next) {
		b.changed(state)
	}
}

// closed is a period that ends when too many attempts fail.
func (b *breaker) closed() *period {
	p := &period{served: b.served}
	p.lib = circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(b.cfg.Failures, uint(b.cfg.Calls), b.cfg.Window).
		OnOpen(func(circuitbreaker.StateChangedEvent) { b.follow(p, b.open(b.cfg.Open), Open) }).
		Build()
	return p
}

// open is a period that admits nobody for as long as it says, and then some probes, which end it.
func (b *breaker) open(delay time.Duration) *period {
	p := &period{probing: true, served: b.served}
	before := b.served.Load()
	p.lib = circuitbreaker.NewBuilder[any]().
		WithSuccessThreshold(uint(b.cfg.Probes)).
		WithDelay(delay).
		OnHalfOpen(func(circuitbreaker.StateChangedEvent) { b.changed(HalfOpen) }).
		OnClose(func(circuitbreaker.StateChangedEvent) { b.follow(p, b.closed(), Closed) }).
		OnOpen(func(e circuitbreaker.StateChangedEvent) {
			if e.OldState == circuitbreaker.HalfOpenState { // not the Open below
				b.follow(p, b.open(b.next(delay, before)), Open)
			}
		}).
		Build()
	p.lib.Open()
	return p
}

// next is how long the breaker stays open after delay, at whose beginning before had been served.
func (b *breaker) next(delay time.Duration, before uint64) time.Duration {
	if b.served.Load() == before {
		return b.cfg.Open
	}
	return min(2*delay, b.cfg.MaxOpen)
}

// outcome is what an attempt says of its instance.
type outcome int

const (
	succeeded outcome = iota
	failed
	unknown
)

// period is one closed time of a breaker, or one open with the probing after it.
type period struct {
	lib     circuitbreaker.CircuitBreaker[any]
	probing bool
	served  *atomic.Uint64
	// spare is how many probes ended unknown: the library counts them as under way for good, so others may take their place.
	spare atomic.Int32
}

func (p *period) admit() bool {
	return p.lib.TryAcquirePermit() || p.takeSpare()
}

func (p *period) takeSpare() bool {
	for n := p.spare.Load(); n > 0; n = p.spare.Load() {
		if p.spare.CompareAndSwap(n, n-1) {
			return true
		}
	}
	return false
}

func (p *period) record(o outcome) {
	switch {
	case o == succeeded:
		p.lib.RecordSuccess()
		if !p.probing {
			p.served.Add(1)
		}
	case o == failed:
		p.lib.RecordFailure()
	case p.probing:
		p.spare.Add(1)
	}
}
