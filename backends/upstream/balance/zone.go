package balance

import "time"

// zoned prefers the instances of the own zone. It leaves the zone for the part of the attempts that the zone's healthy instances cannot
// carry, and where the zone's pick is overloaded against the others'.
type zoned struct {
	near, far Picker
	// share of the attempts begin in the zone.
	share float64
	env   env
}

const (
	// zoneOverload times the load of the other zones' pick is too much for the zone's own.
	zoneOverload = 2
	// zoneHeadroom attempts in flight at an instance are not taken for load yet.
	zoneHeadroom = 8
	// The other zones' latency has to be known to compare with it: a pick whose latency is older than zoneMemory gets one of zoneProbe
	// attempts.
	zoneMemory = time.Minute
	zoneProbe  = 0.01
)

func (z *zoned) Pick(attempt Attempt) *Instance {
	far := z.far.Pick(attempt)
	if far != nil && z.share < 1 && z.env.rand.chance() >= z.share {
		return far
	}
	near := z.near.Pick(attempt)
	if near == nil || far != nil && z.leaves(near, far, attempt.Now) {
		return far
	}
	return near
}

// leaves reports whether an attempt goes to far rather than to near. The near latency fades so that the zone gets its work back; the far
// one does not, else every pause would look like an idle zone.
func (z *zoned) leaves(near, far *Instance, now time.Duration) bool {
	n, f := float64(near.inFlight.Load()+zoneHeadroom), float64(far.inFlight.Load()+zoneHeadroom)
	if ln, lf := near.latency.at(now, z.env.halfLife), far.latency.last(); ln > 0 && lf > 0 {
		n *= float64(ln)
		f *= float64(max(lf, latencyFloor))
	}
	if n > zoneOverload*f {
		return true
	}
	unknown := far.latency.last() == 0 || far.latency.age(now) > zoneMemory
	return unknown && z.env.rand.chance() < zoneProbe
}
