package balance

import (
	"time"

	"tiffin/backends/upstream/discovery"
)

// Status is a view on a Set for people.
type Status struct {
	Policy string
	// Panicking says that too few instances are healthy, so that health is ignored.
	Panicking bool
	// Instances are sorted by address.
	Instances []InstanceStatus
}

// InstanceStatus is a view on one instance.
type InstanceStatus struct {
	discovery.Endpoint
	// Down is what active checks say.
	Down bool
	// Ejected is how much longer the passive ejection lasts; 0 if there is none.
	Ejected time.Duration
	// Ramp is the part of its weight that its slow start leaves it, 0 to 1.
	Ramp     float64
	InFlight int
	// Latency is the peak EWMA as of its last measurement; 0 where there was none.
	Latency time.Duration
	Tally   Tally
}

// Status returns how things are now.
func (s *Set) Status() Status {
	now := s.now()
	current := s.fresh(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	status := Status{Policy: s.cfg.Policy, Panicking: current.panicking}
	for _, m := range s.sorted() {
		ramp, _ := m.ramp(now, s.cfg.SlowStart)
		status.Instances = append(status.Instances, InstanceStatus{
			Endpoint: m.endpoint, Down: m.down, Ejected: max(m.ejectedUntil-now, 0), Ramp: ramp,
			InFlight: m.instance.InFlight(), Latency: m.instance.latency.last(), Tally: m.instance.Tally(),
		})
	}
	return status
}
