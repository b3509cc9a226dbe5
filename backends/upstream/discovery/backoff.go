package discovery

import (
	"math/rand/v2"
	"time"
)

// Backoff says how long to wait after failures: uniformly between Base and a ceiling that doubles with each failure up to Max, so that
// gateways started together do not ask together.
type Backoff struct {
	// Base is the shortest pause between two sessions, also between successful ones [100ms].
	Base time.Duration
	// Max is the longest pause [30s].
	Max time.Duration
	// Random returns numbers in [0, 1), from one goroutine; math/rand's where it is nil.
	Random func() float64
}

// DefaultBackoff is what the providers' Defaults have.
func DefaultBackoff() Backoff { return Backoff{Base: 100 * time.Millisecond, Max: 30 * time.Second} }

// pause is the one after a failure with that many failures in front of it.
func (b Backoff) pause(failures int) time.Duration {
	random := b.Random
	if random == nil {
		random = rand.Float64
	}
	ceiling := b.Max
	if doublings := failures + 1; doublings < 30 && b.Base<<doublings < b.Max {
		ceiling = b.Base << doublings
	}
	return b.Base + time.Duration(random()*float64(max(0, ceiling-b.Base)))
}
