package balance

import "time"

// zoned prefers the instances of the own zone. It leaves the zone for the part of the attempts that the zone's healthy instances cannot
// carry, and where the zone's pick is overloaded against the others.
type zoned struct {
	near, far Picker
	// others draws one of far by weight: what the zone's pick is held against costs a draw, no pick.
	others     lottery
	candidates []Candidate
	// share of the attempts begin in the zone.
	share float64
	env   env
}

func newZoned(g group, policy constructor, env env) *zoned {
	return &zoned{
		near: policy(g.near, env), far: policy(g.far, env), others: newLottery(g.far, env.rand), candidates: g.far,
		share: g.share, env: env,
	}
}

const (
	// zoneOverload times the load of an instance elsewhere is too much for the zone's own pick.
	zoneOverload = 2
	// zoneHeadroom attempts in flight at an instance are not taken for load yet.
	zoneHeadroom = 8
	// The other zones' latency has to be known to compare with it: an instance whose latency is older than zoneMemory gets one of zoneProbe
	// attempts that are compared with it.
	zoneMemory = time.Minute
	zoneProbe  = 0.01
)

func (z *zoned) Pick(attempt Attempt) *Instance {
	if z.share < 1 && z.env.rand.chance() >= z.share {
		if far := z.far.Pick(attempt); far != nil {
			return far
		}
	}
	near := z.near.Pick(attempt)
	if near == nil {
		return z.far.Pick(attempt)
	}
	other := z.candidates[z.others.draw()].Instance
	switch {
	case attempt.tried(other):
	case overloaded(near, other, attempt.Now, z.env.halfLife):
		return z.far.Pick(attempt)
	case unknown(other, attempt.Now) && z.env.rand.chance() < zoneProbe:
		return other
	}
	return near
}

// overloaded reports whether near has much more load than other. The near latency fades so that the zone gets its work back; the other one
// does not, else every pause would look like an idle zone.
func overloaded(near, other *Instance, now, halfLife time.Duration) bool {
	n, o := float64(near.inFlight.Load()+zoneHeadroom), float64(other.inFlight.Load()+zoneHeadroom)
	if ln, lo := near.latency.at(now, halfLife), other.latency.last(); ln > 0 && lo > 0 {
		n *= float64(ln)
		o *= float64(max(lo, latencyFloor))
	}
	return n > zoneOverload*o
}

func unknown(i *Instance, now time.Duration) bool {
	return i.latency.last() == 0 || i.latency.age(now) > zoneMemory
}
