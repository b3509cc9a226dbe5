package balance

import "time"

// Eject takes the instance out of the picks for a while, unless more than share, 0 to 1, of the set would then be unhealthy. It reports
// whether it did: not so either if the instance is ejected already or has left the set. Being back it starts slowly.
func (s *Set) Eject(instance *Instance, period time.Duration, share float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	m := s.members[instance.addr]
	if m == nil || m.instance != instance || m.ejected(now) || !s.spares(m, share, now) {
		return false
	}
	m.ejectedUntil = now + period
	s.rebuild(now)
	return true
}

// spares reports whether no more than share of the set is unhealthy without m.
func (s *Set) spares(without *member, share float64, now time.Duration) bool {
	unhealthy := 1
	for _, m := range s.members {
		if m != without && !m.healthy(now) {
			unhealthy++
		}
	}
	return float64(unhealthy) <= share*float64(len(s.members))
}

// SetDown notes what active checks say of the instance, and reports whether that is new. There is no limit to how many are down. Being
// up again an instance starts slowly.
func (s *Set) SetDown(instance *Instance, down bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.members[instance.addr]
	if m == nil || m.instance != instance || m.down == down {
		return false
	}
	now := s.now()
	m.down = down
	if !down {
		m.since = now
	}
	s.rebuild(now)
	return true
}
