package balance

import "time"

// constructor makes a Picker of at least one candidate. The candidates are the Picker's to keep and nobody's to change.
type constructor func(candidates []Candidate, env env) Picker

// env is what a policy may use besides its candidates.
type env struct {
	rand     source
	halfLife time.Duration
}

// policies is the table of what Config.Policy can name.
func policies() map[string]constructor {
	return map[string]constructor{
		"p2c_ewma":      newP2C,
		"least_request": newLeastRequest,
		"round_robin":   newRoundRobin,
		"weighted":      newWeighted,
		ringHash:        newRing,
	}
}

// ringHash is the policy that needs a key with each pick.
const ringHash = "ring_hash"
