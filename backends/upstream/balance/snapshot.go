package balance

import "time"

// snapshot is a plan with its Pickers. It is immutable but for the Pickers' counters.
type snapshot struct {
	pickers   []Picker
	until     time.Duration
	panicking bool
}

func newSnapshot(p plan, policy constructor, env env) *snapshot {
	s := &snapshot{until: p.until, panicking: p.panicking}
	for _, g := range p.groups {
		s.pickers = append(s.pickers, g.picker(policy, env))
	}
	return s
}

func (g group) picker(policy constructor, env env) Picker {
	switch {
	case len(g.near) == 0:
		return policy(g.far, env)
	case len(g.far) == 0:
		return policy(g.near, env)
	}
	return newZoned(g, policy, env)
}

// pick returns nil only if there is nobody to pick.
func (s *snapshot) pick(attempt Attempt) *Instance {
	for _, picker := range s.pickers {
		if instance := picker.Pick(attempt); instance != nil {
			return instance
		}
	}
	if len(attempt.Tried) == 0 || len(s.pickers) == 0 {
		return nil
	}
	attempt.Tried = nil
	return s.pickers[0].Pick(attempt)
}
