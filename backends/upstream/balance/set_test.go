package balance

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/upstream/discovery"
	"tiffin/internal/testkit"
)

func TestNobodyIsKnown(t *testing.T) {
	s := newSet(t, Defaults())
	if _, err := s.Pick(nil, 0); !errors.Is(err, ErrNoInstance) {
		t.Errorf("%v, want ErrNoInstance", err)
	}
	s.Update(named("a:1"))
	s.Update(nil) // the last good set stays
	if lease, err := s.Pick(nil, 0); err != nil || lease.Addr() != "a:1" {
		t.Errorf("%v, %v", lease, err)
	}
}

func TestChangesAreTold(t *testing.T) {
	var got []discovery.Change
	s, err := NewSet(Defaults(), Deps{Changed: func(c discovery.Change) { got = append(got, c) }})
	if err != nil {
		t.Fatal(err)
	}
	news := s.News()
	s.Update(named("b:1", "a:1", "a:1"))
	select {
	case <-news:
	default:
		t.Error("no news of an update")
	}
	s.Update(named("a:1", "b:1"))
	s.Update([]discovery.Endpoint{{Addr: "a:1", Weight: 2}, {Addr: "c:1", Weight: 1}})
	want := []discovery.Change{
		{Added: named("a:1", "b:1")},
		{Added: named("c:1"), Removed: named("b:1"), Changed: []discovery.Endpoint{{Addr: "a:1", Weight: 2}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// An instance keeps what is known of it while it is there, whatever else changes; one that comes back is another.
func TestIdentity(t *testing.T) {
	s := newSet(t, Defaults(), named("a:1", "b:1")...)
	before := find(t, s, "a:1")
	before.inFlight.Add(7)
	s.Update([]discovery.Endpoint{{Addr: "a:1", Weight: 5, Zone: "z", Draining: true}})
	if after := find(t, s, "a:1"); after != before || after.InFlight() != 7 {
		t.Error("the statistics are lost")
	}
	s.Update(named("b:1"))
	s.Update(named("a:1", "b:1"))
	if again := find(t, s, "a:1"); again == before {
		t.Error("the instance that left is back")
	}
	if s.Eject(before, time.Minute, 1) || s.SetDown(before, true) {
		t.Error("one that left can still be judged")
	}
}

func TestTheVanishedGetsNothing(t *testing.T) {
	every(t, func(t *testing.T, policy string, _ constructor) {
		s := newSet(t, fast(policy), named("a", "b", "c")...)
		shares(t, s, 100)
		s.Update(named("a", "c"))
		if got := shares(t, s, 1000); got["b"] > 0 || len(got) != 2 {
			t.Errorf("shares %v", got)
		}
	})
}

func TestWhoIsLeft(t *testing.T) {
	s := newSet(t, fast("p2c_ewma"), discovery.Endpoint{Addr: "a"}, discovery.Endpoint{Addr: "b"}, discovery.Endpoint{Addr: "old", Draining: true})
	order := []string{}
	for range 4 {
		lease, err := s.Pick(order, 0)
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, lease.Addr())
	}
	slices.Sort(order[:2])
	if !slices.Equal(order[:3], []string{"a", "b", "old"}) || order[3] == "old" {
		t.Errorf("tried %v, want a and b, then the draining one, then a or b again", order)
	}
}

func TestEjection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet(t, fast("round_robin"), named("a", "b", "c", "d")...)
		if !s.Eject(find(t, s, "a"), 30*second, 0.5) || s.Eject(find(t, s, "a"), time.Hour, 0.5) {
			t.Error("ejected once is enough, and needed")
		}
		if !s.Eject(find(t, s, "b"), 40*second, 0.5) || s.Eject(find(t, s, "c"), time.Second, 0.5) {
			t.Error("half of four are two")
		}
		near(t, shares(t, s, 1000), map[string]float64{"c": 0.5, "d": 0.5}, 0.001)
		advance(30*second - 1)
		near(t, shares(t, s, 1000), map[string]float64{"c": 0.5, "d": 0.5}, 0.001)
		advance(1)
		near(t, shares(t, s, 999), map[string]float64{"a": 1. / 3, "c": 1. / 3, "d": 1. / 3}, 0.001)
		advance(10 * second)
		near(t, shares(t, s, 1000), map[string]float64{"a": .25, "b": .25, "c": .25, "d": .25}, 0.001)
	})
}

func TestEjectionCountsThoseThatAreDown(t *testing.T) {
	s := newSet(t, fast("round_robin"), named("a", "b", "c", "d")...)
	if !s.SetDown(find(t, s, "a"), true) || s.SetDown(find(t, s, "a"), true) {
		t.Error("down is new, once")
	}
	s.SetDown(find(t, s, "b"), true)
	if s.Eject(find(t, s, "c"), time.Minute, 0.5) {
		t.Error("three of four are out")
	}
	only := newSet(t, fast("round_robin"), named("a")...)
	if only.Eject(find(t, only, "a"), time.Minute, 0.5) {
		t.Error("the only one is out")
	}
}

func TestPanic(t *testing.T) {
	s := newSet(t, fast("round_robin"), numbered(10)...)
	for n, i := range s.Instances() {
		s.SetDown(i, true)
		want := 9 - n
		if want < 3 {
			want = 10 // less than 0.3 of 10 are healthy
		}
		if got := len(shares(t, s, 1000)); got != want || s.Status().Panicking != (want == 10) {
			t.Errorf("%d are down, %d get calls, want %d", n+1, got, want)
		}
	}
	s.SetDown(s.Instances()[0], false)
	s.SetDown(s.Instances()[1], false)
	s.SetDown(s.Instances()[2], false)
	if got := len(shares(t, s, 1000)); got != 3 {
		t.Errorf("three are back, %d get calls", got)
	}
}

// A new instance climbs from a tenth to its full share within slow_start, with every policy; the first set does not.
func TestSlowStartInFull(t *testing.T) {
	testkit.InFull(t)
	every(t, func(t *testing.T, policy string, _ constructor) {
		synctest.Test(t, func(t *testing.T) {
			cfg := fast(policy)
			cfg.SlowStart = 10 * second
			s := newSet(t, cfg, named("a", "b", "c")...)
			if got := shares(t, s, 20_000)["a"]; got < 0.25 {
				t.Errorf("one of the first set has %g", got)
			}
			s.Update(named("a", "b", "c", "new"))
			for _, ramp := range []float64{0.1, 0.55, 1} {
				want := ramp / (3 + ramp)
				if got := shares(t, s, 20_000)["new"]; got < want*0.8-0.005 || got > want*1.2+0.005 {
					t.Errorf("at %g of its weight it has a share of %.4f, want %.4f", ramp, got, want)
				}
				advance(5 * second)
			}
		})
	})
}

// So does one that checks have found well again.
func TestSlowStartAfterBeingDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := fast("weighted")
		cfg.SlowStart = 10 * second
		s := newSet(t, cfg, named("a", "b", "c", "sick")...)
		s.SetDown(find(t, s, "sick"), true)
		advance(time.Minute)
		s.SetDown(find(t, s, "sick"), false)
		if got := shares(t, s, 10_000)["sick"]; got < 0.03 || got > 0.035 {
			t.Errorf("it has a share of %.4f, want 0.1/3.1", got)
		}
	})
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Defaults()
		s := newSet(t, cfg, named("a", "b", "c")...)
		s.Eject(find(t, s, "a"), 30*second, 0.5)
		s.SetDown(find(t, s, "b"), true)
		s.Update(append(named("a", "b", "c"), discovery.Endpoint{Addr: "d", Zone: "z"}))
		lease, _ := s.Pick([]string{"d"}, 0)
		advance(second)
		want := Status{Policy: "p2c_ewma", Instances: []InstanceStatus{
			{Endpoint: discovery.Endpoint{Addr: "a", Weight: 1}, Ejected: 29 * second, Ramp: 0.1},
			{Endpoint: discovery.Endpoint{Addr: "b", Weight: 1}, Down: true, Ramp: 1},
			{Endpoint: discovery.Endpoint{Addr: "c", Weight: 1}, Ramp: 1, InFlight: 1},
			{Endpoint: discovery.Endpoint{Addr: "d", Zone: "z", Weight: 1}, Ramp: 0.19},
		}}
		if diff := cmp.Diff(want, s.Status()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		lease.Done(Failure)
		got := s.Status().Instances[2]
		if got.InFlight != 0 || got.Latency != second || got.Tally != (Tally{1, 1, 1}) {
			t.Errorf("%+v", got)
		}
	})
}
