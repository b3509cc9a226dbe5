package balance

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tiffin/backends/upstream/discovery"
)

// anyMembers draws a set as discovery and health could make it, at the time now.
func anyMembers(now time.Duration) *rapid.Generator[[]*member] {
	one := rapid.Custom(func(t *rapid.T) *member {
		since := time.Duration(rapid.Int64Range(-int64(time.Minute), int64(now)).Draw(t, "since"))
		m := &member{
			endpoint: discovery.Endpoint{
				Zone:     rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "zone"),
				Weight:   rapid.IntRange(-1, 100).Draw(t, "weight"),
				Draining: rapid.IntRange(0, 4).Draw(t, "draining") == 0,
			},
			down: rapid.IntRange(0, 3).Draw(t, "down") == 0, since: since, ejectedUntil: since,
		}
		if rapid.IntRange(0, 3).Draw(t, "ejected") == 0 {
			m.ejectedUntil = now + time.Duration(rapid.Int64Range(-int64(time.Minute), int64(time.Minute)).Draw(t, "until"))
		}
		return m
	})
	return rapid.Custom(func(t *rapid.T) []*member {
		members := rapid.SliceOfN(one, 0, 12).Draw(t, "members")
		for n, m := range members {
			m.endpoint.Addr = fmt.Sprint(n)
			m.instance = &Instance{addr: m.endpoint.Addr}
		}
		return members
	})
}

func anyConfig() *rapid.Generator[Config] {
	return rapid.Custom(func(t *rapid.T) Config {
		return Config{
			Zone:           rapid.SampledFrom([]string{"", "a", "c"}).Draw(t, "own zone"),
			SlowStart:      rapid.SampledFrom([]time.Duration{0, minSlowStart, 10 * second}).Draw(t, "slow start"),
			PanicThreshold: rapid.Float64Range(0, 1).Draw(t, "threshold"),
		}
	})
}

// What holds of every plan, whoever is known and however they are.
func TestPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "now"))
		members, cfg := anyMembers(now).Draw(t, "set"), anyConfig().Draw(t, "config")
		p := newPlan(members, cfg, now)

		if len(members) > 0 != (len(p.groups) > 0) {
			t.Fatalf("%d groups of %d members", len(p.groups), len(members))
		}
		if p.until <= now {
			t.Fatalf("the plan of %s ends at %s", now, p.until)
		}
		checkCandidates(t, p, members, now)
		checkRanks(t, p, members, cfg, now)
		for _, g := range p.groups {
			checkZones(t, g, members, cfg)
		}
	})
}

// checkCandidates: each is a member, once, with no more than its weight; and nothing ends during the plan.
func checkCandidates(t *rapid.T, p plan, members []*member, now time.Duration) {
	byAddr := map[string]*member{}
	for _, m := range members {
		byAddr[m.endpoint.Addr] = m
		if m.ejected(now) && m.ejectedUntil < p.until {
			t.Errorf("an ejection ends at %s, the plan at %s", m.ejectedUntil, p.until)
		}
	}
	for _, c := range all(p) {
		m := byAddr[c.addr]
		if m == nil || m.instance != c.Instance {
			t.Fatalf("candidate %s is no member, or twice", c.addr)
		}
		delete(byAddr, c.addr)
		if c.Weight <= 0 || c.Weight > m.weight() || c.ramp < rampStart || c.ramp > 1 {
			t.Errorf("weight %g of %g, ramp %g", c.Weight, m.weight(), c.ramp)
		}
	}
}

// checkRanks: who is healthy and serving comes first, unless too few of them are.
func checkRanks(t *rapid.T, p plan, members []*member, cfg Config, now time.Duration) {
	var serving, healthy int
	state := map[string]*member{}
	for _, m := range members {
		state[m.endpoint.Addr] = m
		if !m.endpoint.Draining {
			serving++
			if m.healthy(now) {
				healthy++
			}
		}
	}
	wantPanic := serving > 0 && (healthy == 0 || float64(healthy) < cfg.PanicThreshold*float64(serving))
	if serving > 0 && p.panicking != wantPanic {
		t.Errorf("panic %v with %d of %d healthy, threshold %g", p.panicking, healthy, serving, cfg.PanicThreshold)
	}
	for n, g := range p.groups {
		for _, c := range slices.Concat(g.near, g.far) {
			m := state[c.addr]
			if !p.panicking && !m.healthy(now) {
				t.Errorf("%s is not healthy", c.addr)
			}
			if n == 0 && m.endpoint.Draining && healthy > 0 {
				t.Errorf("%s is draining, and first", c.addr)
			}
		}
	}
	if !wantPanic && serving > 0 && p.groups[0].len() != healthy || wantPanic && healthy > 0 && p.groups[0].len() != serving {
		t.Errorf("%d are first, panic %v, with %d of %d healthy", p.groups[0].len(), wantPanic, healthy, serving)
	}
}

// checkZones: near is the own zone, which keeps all attempts while it is healthy enough.
func checkZones(t *rapid.T, g group, members []*member, cfg Config) {
	if len(g.near) == 0 {
		return
	}
	inZone, zone := map[string]bool{}, 0
	for _, m := range members {
		inZone[m.endpoint.Addr] = m.endpoint.Zone == cfg.Zone
		if m.endpoint.Zone == cfg.Zone && !m.endpoint.Draining {
			zone++
		}
	}
	for _, c := range g.near {
		if cfg.Zone == "" || !inZone[c.addr] {
			t.Errorf("%s is not in zone %q", c.addr, cfg.Zone)
		}
	}
	for _, c := range g.far {
		if inZone[c.addr] {
			t.Errorf("%s is in the zone, and far", c.addr)
		}
	}
	if g.share <= 0 || g.share > 1 || (len(g.near) == zone && g.share != 1) || (2*len(g.near) <= zone && g.share > 0.7) {
		t.Errorf("%d of %d in the zone get %g", len(g.near), zone, g.share)
	}
}

func all(p plan) []Candidate {
	var out []Candidate
	for _, g := range p.groups {
		out = append(out, slices.Concat(g.near, g.far)...)
	}
	return out
}

func TestRamp(t *testing.T) {
	m := &member{since: 100 * second, ejectedUntil: 100 * second}
	tests := []struct {
		at         time.Duration
		want       float64
		next       time.Duration
		afterwards time.Duration
	}{
		{100 * second, 0.1, 100*second + second/2, 0},
		{105 * second, 0.55, 105*second + second/2, 0},
		{110*second - 1, 0.955, 110 * second, 0},
		{110 * second, 1, 0, 0},
		{200 * second, 0.1, 200*second + second/2, 200 * second}, // back from an ejection
	}
	for _, tt := range tests {
		m.ejectedUntil = max(m.ejectedUntil, tt.afterwards)
		if got, next := m.ramp(tt.at, 10*second); got < tt.want-1e-9 || got > tt.want+1e-9 || next != tt.next {
			t.Errorf("at %s: %g until %s, want %g until %s", tt.at, got, next, tt.want, tt.next)
		}
	}
}
