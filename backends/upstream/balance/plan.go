package balance

import (
	"math"
	"time"
)

// plan is who may be picked, as a pure function of the members, their health and the time.
type plan struct {
	// groups are asked in order, each for an instance that was not tried; none is empty.
	groups []group
	// panicking says that health was ignored.
	panicking bool
	// until is when another plan is due though nothing was told: later than the plan's time.
	until time.Duration
}

// group is candidates of equal rank.
type group struct {
	// near are those of the own zone, far the others. Without a preference all are far.
	near, far []Candidate
	// share of the attempts begin in near: less than 1 where too few of the zone's instances are healthy to carry them all.
	share float64
}

func (g group) len() int { return len(g.near) + len(g.far) }

// forever is later than any time of a process.
const forever = time.Duration(math.MaxInt64)

// zoneReserve is how much more than its usual work a zone can carry: while 1/1.4 of its instances are healthy it keeps all of it.
const zoneReserve = 1.4

// newPlan plans for the members as they are at now. The order of members is kept.
func newPlan(members []*member, cfg Config, now time.Duration) plan {
	p := planner{cfg: cfg, now: now, until: forever}
	serving, draining := split(members, func(m *member) bool { return !m.endpoint.Draining })
	healthy, _ := split(serving, p.healthy)
	leaving, _ := split(draining, p.healthy)
	p.awaitReturns(members)

	var groups []group
	panicking := tooFew(len(healthy), len(serving), cfg.PanicThreshold)
	switch {
	case !panicking:
		groups = []group{p.zoned(healthy, serving), p.flat(leaving)}
	case len(healthy) == 0: // who is leaving but well before who is not
		groups = []group{p.flat(leaving), p.flat(serving)}
	default:
		groups = []group{p.flat(serving), p.flat(leaving)}
	}
	if len(serving)+len(leaving) == 0 {
		groups, panicking = []group{p.flat(draining)}, true
	}
	groups = dropEmpty(groups)
	return plan{groups: groups, panicking: panicking && len(groups) > 0, until: p.until}
}

// tooFew reports whether health is to be ignored. Without any instance there is nothing to ignore.
func tooFew(healthy, all int, threshold float64) bool {
	return all > 0 && (healthy == 0 || float64(healthy) < threshold*float64(all))
}

// planner holds what is the same for all members of a plan, and gathers when the next one is due.
type planner struct {
	cfg   Config
	now   time.Duration
	until time.Duration
}

func (p *planner) healthy(m *member) bool { return m.healthy(p.now) }

// awaitReturns ends the plan with the first ejection.
func (p *planner) awaitReturns(members []*member) {
	for _, m := range members {
		if m.ejected(p.now) {
			p.until = min(p.until, m.ejectedUntil)
		}
	}
}

// zoned divides the healthy into near and far. all are those and the unhealthy of the same rank.
func (p *planner) zoned(healthy, all []*member) group {
	near, far := split(healthy, p.near)
	if len(near) == 0 {
		return p.flat(healthy)
	}
	zone, _ := split(all, p.near)
	share := min(zoneReserve*float64(len(near))/float64(len(zone)), 1)
	return group{near: p.candidates(near), far: p.candidates(far), share: share}
}

func (p *planner) near(m *member) bool { return p.cfg.Zone != "" && m.endpoint.Zone == p.cfg.Zone }

func (p *planner) flat(members []*member) group { return group{far: p.candidates(members)} }

func (p *planner) candidates(members []*member) []Candidate {
	out := make([]Candidate, len(members))
	for n, m := range members {
		ramp, next := m.ramp(p.now, p.cfg.SlowStart)
		if next > 0 {
			p.until = min(p.until, next)
		}
		out[n] = Candidate{Instance: m.instance, Weight: m.weight() * ramp, ramp: ramp}
	}
	return out
}

// split divides members by a property, keeping their order.
func split(members []*member, has func(*member) bool) (with, without []*member) {
	for _, m := range members {
		if has(m) {
			with = append(with, m)
		} else {
			without = append(without, m)
		}
	}
	return with, without
}

func dropEmpty(groups []group) []group {
	out := groups[:0]
	for _, g := range groups {
		if g.len() > 0 {
			out = append(out, g)
		}
	}
	return out
}
