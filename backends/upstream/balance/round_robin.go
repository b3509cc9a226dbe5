package balance

// round_robin: the candidates in turn. Endpoints' weights are ignored; a candidate in its slow start misses turns.
func newRoundRobin(candidates []Candidate, env env) Picker {
	even := make([]Candidate, len(candidates))
	for n, c := range candidates {
		even[n] = Candidate{Instance: c.Instance, Weight: c.ramp, ramp: c.ramp}
	}
	return newTurns(even, env)
}
