package balance

// weighted: the candidates in turn, each as often as its weight says, spread evenly over time.
func newWeighted(candidates []Candidate, env env) Picker { return newTurns(candidates, env) }
