package balance

import "sync/atomic"

// turns goes through the candidates round after round. The heaviest goes in each round, one of half its weight in every second. Who goes
// when follows from the number of the turn alone (a Bresenham line per candidate), so that a counter is all the state there is.
type turns struct {
	candidates []Candidate
	// steps are the weights, scaled so that the heaviest has wholeStep.
	steps  []uint64
	cursor atomic.Uint64
}

const (
	stepBits  = 16
	wholeStep = 1 << stepBits
	// phase sets the candidates apart, so that those of the same small weight do not all go in the same round (golden ratio of wholeStep).
	phase = 40503
)

// newTurns begins at a random turn: else all gateways would begin with the same instance, and so would each new snapshot.
func newTurns(candidates []Candidate, env env) *turns {
	t := &turns{candidates: candidates}
	most := heaviest(candidates)
	for _, c := range candidates {
		t.steps = append(t.steps, uint64(max(c.Weight/most*wholeStep, 1)))
	}
	t.cursor.Store(env.rand() >> stepBits) // room for the products and for all turns to come
	return t
}

func (t *turns) Pick(attempt Attempt) *Instance {
	n := uint64(len(t.candidates))
	for range 2 * n { // a round of n turns has at least one who goes
		turn := t.cursor.Add(1)
		c := t.candidates[turn%n].Instance
		if t.goes(turn%n, turn/n) && !attempt.tried(c) {
			return c
		}
	}
	return untried(t.candidates, attempt)
}

// goes reports whether the candidate's line rises to the next whole in this round.
func (t *turns) goes(candidate, round uint64) bool {
	at := round*t.steps[candidate] + candidate*phase
	return at%wholeStep+t.steps[candidate] >= wholeStep
}
