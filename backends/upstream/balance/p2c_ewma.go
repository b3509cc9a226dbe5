package balance

import "time"

// p2c_ewma: of two candidates drawn by weight the one with less load, where load is latency times work in flight.
func newP2C(candidates []Candidate, env env) Picker {
	return newDuel(candidates, env, byLoad{env.halfLife})
}

type byLoad struct{ halfLife time.Duration }

// keeps is soft: a first with k times the load keeps one attempt in k. So a slow instance gets the small share in proportion to its
// speed, which keeps its latency known, and callers who see the same loads do not all run to the same instance.
//
// Where even the fastest answers of one are slower than half the slowest of the other, the fastest are what is compared: see [fastest]. Half,
// because the slowest of a quick instance can be as late as any of a slow one, when it is this process that keeps them waiting.
func (j byLoad) keeps(first, second contender, attempt Attempt) float64 {
	a, b := first.queue(), second.queue()
	slowA, fastA := first.speed(attempt.Now, j.halfLife)
	slowB, fastB := second.speed(attempt.Now, j.halfLife)
	switch {
	case slowA == 0 || slowB == 0: // one of them has no history: only what is in flight can be compared
	case 2*fastA > slowB && fastA > 2*fastB && fastB > 0, 2*fastB > slowA && fastB > 2*fastA && fastA > 0:
		a, b = a*fastA, b*fastB
	default:
		a, b = a*slowA, b*slowB
	}
	return b / a
}

// queue is the work in flight if this attempt came to it, in attempts of a contender of mean weight.
func (c contender) queue() float64 { return float64(c.inFlight.Load())*c.strain + 1 }
