package balance

import (
	"slices"
	"time"
)

// Picker is one policy over the candidates it was made of. Pick is called by many goroutines at once; it blocks never and allocates
// nothing. It returns an instance that the call has not tried, nil if it tried them all.
type Picker interface {
	Pick(attempt Attempt) *Instance
}

// Attempt is what a Picker knows of the attempt it picks for.
type Attempt struct {
	// Tried holds the addresses that this call has tried.
	Tried []string
	// Key decides where ring_hash sends the attempt; evenly distributed over all 64 bits. Other policies ignore it.
	Key uint64
	// Now is the time since the Set was made.
	Now time.Duration
}

// tried reports whether the call has been at the instance.
func (a Attempt) tried(i *Instance) bool {
	return len(a.Tried) > 0 && slices.Contains(a.Tried, i.addr)
}

// Candidate is an instance that may be picked.
type Candidate struct {
	*Instance
	// Weight is positive: the endpoint's, lowered during its slow start. Policies look at the ratio of weights only.
	Weight float64
	// ramp is the part of Weight that slow start leaves, 0 to 1.
	ramp float64
}

// heaviest is the largest weight.
func heaviest(candidates []Candidate) float64 {
	most := 0.0
	for _, c := range candidates {
		most = max(most, c.Weight)
	}
	return most
}

// untried is the first candidate that the call has not tried, nil if there is none: the last resort of a policy whose own way keeps
// meeting those that were.
func untried(candidates []Candidate, attempt Attempt) *Instance {
	for _, c := range candidates {
		if !attempt.tried(c.Instance) {
			return c.Instance
		}
	}
	return nil
}

// source yields uniformly distributed bits; safe for concurrent use.
type source func() uint64

// chance is uniform in [0, 1).
func (s source) chance() float64 { return float64(s()>>11) / (1 << 53) }
