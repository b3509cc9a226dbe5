package balance

import "time"

// Lease is an instance picked for one attempt. Whoever has one calls Done exactly once.
type Lease struct {
	*Instance
	set   *Set
	began time.Duration
}

// Pick chooses an instance for an attempt of a call that has tried some already; doc.go says which. key matters to ring_hash only. It
// takes no lock and allocates nothing. Its only error is ErrNoInstance.
func (s *Set) Pick(tried []string, key uint64) (Lease, error) { return s.pick(tried, key, s.now()) }

func (s *Set) pick(tried []string, key uint64, now time.Duration) (Lease, error) {
	instance := s.fresh(now).pick(Attempt{Tried: tried, Key: key, Now: now})
	if instance == nil {
		return Lease{}, ErrNoInstance
	}
	instance.inFlight.Add(1)
	return Lease{instance, s, now}, nil
}

// Done reports how the attempt ended; now is when it did.
func (l Lease) Done(outcome Outcome) { l.end(outcome, l.set.now()-l.began) }

func (l Lease) end(outcome Outcome, took time.Duration) {
	l.done(outcome, l.began+took, took, l.set.cfg.HalfLife)
}

// fresh returns the snapshot for now. When that is due, one pick makes it and the others go on with the old one meanwhile.
func (s *Set) fresh(now time.Duration) *snapshot {
	current := s.current.Load()
	if now < current.until || !s.mu.TryLock() {
		return current
	}
	defer s.mu.Unlock()
	if current = s.current.Load(); now >= current.until {
		s.rebuild(now)
	}
	return s.current.Load()
}
