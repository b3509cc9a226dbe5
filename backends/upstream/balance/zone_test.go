package balance

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/internal/testkit"
)

// zones makes the endpoints a1, a2, … in zone a and b1, … in zone b.
func zones(a, b int) []discovery.Endpoint {
	var out []discovery.Endpoint
	for n, zone := range strings.Repeat("a", a) + strings.Repeat("b", b) {
		if n >= a {
			n -= a
		}
		out = append(out, discovery.Endpoint{Addr: string(zone) + string(rune('1'+n)), Zone: string(zone)})
	}
	return out
}

// inZone adds up the shares of zone a.
func inZone(shares map[string]float64) float64 {
	sum := 0.0
	for addr, share := range shares {
		if addr[0] == 'a' {
			sum += share
		}
	}
	return sum
}

func zoneSet(t *testing.T, a, b int) *Set {
	cfg := fast("p2c_ewma")
	cfg.Zone = "a"
	return newSet(t, cfg, zones(a, b)...)
}

func flat(string) time.Duration { return 5 * time.Millisecond }

func TestTheOwnZoneIsPreferred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := inZone(drive(t, zoneSet(t, 3, 5), 10, 10*second, flat)); got < 0.99 || got == 1 {
			t.Errorf("%.4f of the calls stay in the zone, want nearly all: the other one is asked now and then", got)
		}
		if got := inZone(shares(t, zoneSet(t, 0, 5), 1000)); got != 0 {
			t.Errorf("%g of the calls go to nobody", got)
		}
		if got := inZone(shares(t, zoneSet(t, 3, 0), 1000)); got < 0.999 {
			t.Errorf("%g of the calls go to the only zone", got)
		}
	})
}

// Three of four healthy carry all of the zone's work, one of four carries 1.4/4.
func TestAnUnhealthyZoneSpillsOverInFull(t *testing.T) {
	testkit.InFull(t)
	for down, want := range []float64{1, 1, 0.7, 0.35, 0} {
		synctest.Test(t, func(t *testing.T) {
			s := zoneSet(t, 4, 8)
			for _, i := range s.Instances()[:down] {
				s.SetDown(i, true)
			}
			if got := inZone(drive(t, s, 5, 20*second, flat)); got < want-0.03 || got > want+0.03 {
				t.Errorf("with %d of 4 down %.3f stay, want %.2f", down, got, want)
			}
		})
	}
}

func TestAnOverloadedZoneSpillsOverInFull(t *testing.T) {
	testkit.InFull(t)
	overloaded := func(addr string) time.Duration {
		if addr[0] == 'a' {
			return 100 * time.Millisecond
		}
		return 5 * time.Millisecond
	}
	synctest.Test(t, func(t *testing.T) {
		s := zoneSet(t, 2, 2)
		drive(t, s, 10, 10*second, flat)
		if got := inZone(drive(t, s, 10, 30*second, overloaded)); got > 0.1 || got == 0 {
			t.Errorf("%.3f stay in a zone that is 20 times slower", got)
		}
		drive(t, s, 10, 30*second, flat)
		if got := inZone(drive(t, s, 10, 10*second, flat)); got < 0.99 {
			t.Errorf("%.3f are back when it is well again", got)
		}
	})
}

// Many at once are load too: 100 callers of one instance beside eight idle ones.
func TestACrowdSpillsOverInFull(t *testing.T) {
	testkit.InFull(t)
	synctest.Test(t, func(t *testing.T) {
		if got := inZone(drive(t, zoneSet(t, 1, 8), 100, 10*second, flat)); got > 0.7 || got < 0.1 {
			t.Errorf("%.3f stay with a zone of one", got)
		}
	})
}

func TestARetryLeavesTheZoneWhenItHasNobodyElse(t *testing.T) {
	s := zoneSet(t, 1, 1)
	if lease, err := s.Pick([]string{"a1"}, 0); err != nil || lease.Addr() != "b1" {
		t.Errorf("%v, %v", lease.Instance, err)
	}
}

// Whatever speaks for the other zone: whom the call has tried there is not asked again while the zone has somebody else.
func TestARetryStaysInTheZoneWhereTheOtherZoneWasTried(t *testing.T) {
	s := zoneSet(t, 2, 1)
	for _, i := range s.Instances()[:2] {
		i.inFlight.Add(1000)
	}
	for range 1000 {
		if lease, err := s.Pick([]string{"b1"}, 0); err != nil || lease.Addr() == "b1" {
			t.Fatalf("%v, %v", lease.Instance, err)
		}
	}
	if lease, err := s.Pick(nil, 0); err != nil || lease.Addr() != "b1" {
		t.Errorf("%v, %v: a zone that is overloaded is left by those who have not", lease.Instance, err)
	}
}

func TestPanicForgetsZones(t *testing.T) {
	s := zoneSet(t, 5, 5)
	for _, i := range s.Instances()[:8] {
		s.SetDown(i, true)
	}
	if got := len(shares(t, s, 1000)); got != 10 {
		t.Errorf("%d of 10 get calls", got)
	}
}
