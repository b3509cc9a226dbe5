package balance

import (
	"time"

	"tiffin/backends/upstream/discovery"
)

// member is an endpoint of the set with all that decides whether, and how much, it is picked. Times are since the Set was made.
type member struct {
	instance *Instance
	endpoint discovery.Endpoint
	// down is what active checks say.
	down bool
	// ejectedUntil is when passive ejection ends, or ended; when it joined if it never was ejected.
	ejectedUntil time.Duration
	// since is when it joined or came up again, which is when its slow start began.
	since time.Duration
}

func (m *member) ejected(now time.Duration) bool { return now < m.ejectedUntil }

func (m *member) healthy(now time.Duration) bool { return !m.down && !m.ejected(now) }

// weight is what the endpoint says: 1 where it says nothing.
func (m *member) weight() float64 { return float64(max(m.endpoint.Weight, 1)) }

// A slow start begins at a tenth and is climbed in 20 steps, each of which makes a new snapshot.
const (
	rampStart = 0.1
	rampSteps = 20
)

// ramp is the part of its weight that a member has at now, and when it has more: 0 if never.
func (m *member) ramp(now, slowStart time.Duration) (part float64, next time.Duration) {
	began := max(m.since, m.ejectedUntil)
	if slowStart == 0 || now >= began+slowStart {
		return 1, 0
	}
	step := slowStart / rampSteps
	done := int(max(now-began, 0) / step)
	return rampStart + (1-rampStart)*float64(done)/rampSteps, began + step*time.Duration(done+1)
}
