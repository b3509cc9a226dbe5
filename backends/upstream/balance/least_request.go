package balance

// least_request: of two candidates drawn by weight the one with less in flight, in proportion to its weight.
func newLeastRequest(candidates []Candidate, env env) Picker {
	return newDuel(candidates, env, byInFlight{})
}

type byInFlight struct{}

func (byInFlight) keeps(first, second contender, _ Attempt) float64 {
	if float64(first.inFlight.Load())*first.strain > float64(second.inFlight.Load())*second.strain {
		return 0
	}
	return 1
}
