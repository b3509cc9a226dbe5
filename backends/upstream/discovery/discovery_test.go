package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tiffin/backends/upstream/discovery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNormalize(t *testing.T) {
	set := []discovery.Endpoint{
		{Addr: "c:1", Weight: -5},
		{Addr: "a:1", Draining: true, Weight: 9},
		{Addr: "b:1", Weight: 2, Zone: "z"},
		{Addr: "a:1", Weight: 1},
		{Addr: "b:1", Weight: 3},
		{Addr: "a:1", Zone: "y"},
		{Addr: "a:1", Zone: "x"},
	}
	before := append([]discovery.Endpoint(nil), set...)
	want := []discovery.Endpoint{{Addr: "a:1", Zone: "x", Weight: 1}, {Addr: "b:1", Weight: 3}, {Addr: "c:1", Weight: 1}}
	if diff := cmp.Diff(want, discovery.Normalize(set)); diff != "" {
		t.Error(diff)
	}
	if !cmp.Equal(set, before) {
		t.Errorf("the argument became %v", set)
	}
}

// sets draws small sets in which addresses repeat.
func sets() *rapid.Generator[[]discovery.Endpoint] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) discovery.Endpoint {
		return discovery.Endpoint{
			Addr:     rapid.SampledFrom([]string{"a:1", "b:1", "c:1", "d:1", "e:1"}).Draw(t, "addr"),
			Zone:     rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "zone"),
			Weight:   rapid.IntRange(-1, 3).Draw(t, "weight"),
			Draining: rapid.Bool().Draw(t, "draining"),
		}
	}), 0, 8)
}

func TestNormalizeIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := sets().Draw(t, "set")
		once := discovery.Normalize(set)
		if again := discovery.Normalize(once); !discovery.Equal(once, again) {
			t.Fatalf("%v became %v", once, again)
		}
		if other := discovery.Normalize(rapid.Permutation(set).Draw(t, "other order")); !discovery.Equal(once, other) {
			t.Fatalf("%v in another order became %v", once, other)
		}
		for n, e := range once {
			if n > 0 && once[n-1].Addr >= e.Addr || e.Weight < 1 {
				t.Fatalf("%v is not sorted, without duplicates and with weights", once)
			}
		}
	})
}

// What Diff says leads from one set to the other.
func TestDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := discovery.Normalize(sets().Draw(t, "before")), discovery.Normalize(sets().Draw(t, "after"))
		c := discovery.Diff(before, after)
		if c.None() != discovery.Equal(before, after) {
			t.Fatalf("%+v is none: %t", c, c.None())
		}
		known := map[string]discovery.Endpoint{}
		for _, e := range before {
			known[e.Addr] = e
		}
		for _, e := range c.Removed {
			if known[e.Addr] != e {
				t.Fatalf("removed %v, which was not there", e)
			}
			delete(known, e.Addr)
		}
		for _, e := range c.Added {
			if _, found := known[e.Addr]; found {
				t.Fatalf("added %v, which was there", e)
			}
			known[e.Addr] = e
		}
		for _, e := range c.Changed {
			if old, found := known[e.Addr]; !found || old == e {
				t.Fatalf("changed %v from %v", e, old)
			}
			known[e.Addr] = e
		}
		var got []discovery.Endpoint
		for _, e := range known {
			got = append(got, e)
		}
		if got = discovery.Normalize(got); !discovery.Equal(got, after) {
			t.Fatalf("%v by %+v became %v, want %v", before, c, got, after)
		}
	})
}

// step is what a scripted session does.
type step struct {
	tell  []discovery.Endpoint
	why   error // told with it
	lasts time.Duration
	pause time.Duration
	err   error
}

// follow runs the steps, and then sessions that last until the end. It returns the times at which sessions began and what was reported.
func follow(t *testing.T, b discovery.Backoff, steps ...step) (began []time.Duration, reports []string) {
	ctx, cancel := context.WithCancel(t.Context())
	start := time.Now()
	session := func(ctx context.Context, tell discovery.Tell) (time.Duration, error) {
		began = append(began, time.Since(start))
		if len(began) > len(steps) {
			cancel()
			return 0, errors.New("told after the end")
		}
		s := steps[len(began)-1]
		if s.tell != nil {
			tell(s.tell, s.why)
		}
		<-time.After(s.lasts)
		return s.pause, s.err
	}
	err := discovery.Follow(ctx, b, session,
		func(set []discovery.Endpoint) { reports = append(reports, fmt.Sprint(len(set), " ", set[0].Addr)) },
		func(err error) { reports = append(reports, err.Error()) })
	if err != nil {
		t.Errorf("Follow returned %v, want nil", err)
	}
	return began, reports
}

func backoff() discovery.Backoff {
	b := discovery.DefaultBackoff()
	b.Random = func() float64 { return 1 }
	return b
}

func TestPauses(t *testing.T) {
	failure, minute := step{err: errors.New("no")}, time.Minute
	for what, tt := range map[string]struct {
		steps []step
		want  []time.Duration // between the beginnings of sessions
	}{
		"success":                   {[]step{{pause: time.Second}, {pause: minute}}, []time.Duration{time.Second, minute}},
		"success without a pause":   {[]step{{}, {pause: -1}}, []time.Duration{100 * time.Millisecond, 100 * time.Millisecond}},
		"failures":                  {[]step{failure, failure, failure}, []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}},
		"anew after a success":      {[]step{failure, failure, {pause: 1}, failure}, []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond}},
		"anew after a long session": {[]step{failure, failure, {lasts: minute, err: failure.err}}, []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, minute + 200*time.Millisecond}},
		"not after a short one":     {[]step{failure, failure, {tell: endpoints("a:1"), err: failure.err}}, []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, _ := follow(t, backoff(), tt.steps...)
				var got []time.Duration
				for n := range began[1:] {
					got = append(got, began[n+1]-began[n])
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Whatever the random source says, a pause is between Base and Max, also after very many failures.
func TestPausesAreBounded(t *testing.T) {
	for _, random := range []func() float64{nil, func() float64 { return 0 }, func() float64 { return 0.999999 }} {
		synctest.Test(t, func(t *testing.T) {
			b := discovery.DefaultBackoff()
			b.Random = random
			steps := make([]step, 100)
			for n := range steps {
				steps[n].err = errors.New("no")
			}
			began, _ := follow(t, b, steps...)
			for n := range began[1:] {
				if pause := began[n+1] - began[n]; pause < b.Base || pause > b.Max {
					t.Errorf("pause %d is %v, want %v to %v", n, pause, b.Base, b.Max)
				}
			}
		})
	}
}

func endpoints(addrs ...string) []discovery.Endpoint {
	set := []discovery.Endpoint{}
	for _, addr := range addrs {
		set = append(set, discovery.Endpoint{Addr: addr})
	}
	return set
}

func TestReports(t *testing.T) {
	no, hidden := errors.New("no"), fmt.Errorf("%w: hidden", discovery.ErrEmpty)
	many := make([]discovery.Endpoint, discovery.MaxEndpoints+1)
	for n := range many {
		many[n].Addr = fmt.Sprintf("h%05d:1", n)
	}
	for what, tt := range map[string]struct {
		steps []step
		want  []string
	}{
		"only changes":               {[]step{{tell: endpoints("a:1")}, {tell: endpoints("a:1", "a:1")}, {tell: endpoints("b:1", "a:1")}}, []string{"1 a:1", "2 a:1"}},
		"each failure":               {[]step{{err: no}, {err: no}}, []string{"no", "no"}},
		"recovery with the same set": {[]step{{tell: endpoints("a:1")}, {err: no}, {tell: endpoints("a:1")}}, []string{"1 a:1", "no", "1 a:1"}},
		"empty, once":                {[]step{{tell: endpoints()}, {tell: endpoints()}, {tell: endpoints("a:1")}, {tell: endpoints()}}, []string{"the answer names no instance", "1 a:1", "the answer names no instance"}},
		"empty and why, once":        {[]step{{tell: endpoints(), why: hidden}, {tell: endpoints(), why: hidden}, {tell: endpoints("a:1")}, {tell: endpoints(), why: hidden}}, []string{hidden.Error(), "1 a:1", hidden.Error()}},
		"empty as each failure":      {[]step{{err: hidden}, {err: hidden}}, []string{hidden.Error(), hidden.Error()}},
		"told why, each time":        {[]step{{tell: endpoints(), why: no}, {tell: endpoints(), why: no}}, []string{"no", "no"}},
		"too many":                   {[]step{{tell: many}, {tell: many[1:]}}, []string{"the answer names 4097 instances, more than 4096", "4096 h00001:1"}},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, got := follow(t, backoff(), tt.steps...)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestTheCalleeKeepsItsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		updates := 0
		session := func(_ context.Context, tell discovery.Tell) (time.Duration, error) {
			tell(endpoints("a:1", "b:1"), nil)
			return 0, nil
		}
		discovery.Follow(ctx, backoff(), session, func(set []discovery.Endpoint) {
			updates++
			set[0].Addr = "z:1"
		}, func(err error) { t.Error(err) })
		if updates != 1 {
			t.Errorf("%d updates, want 1", updates)
		}
	})
}

func TestErrorsAreNotEmpty(t *testing.T) {
	if text := discovery.ErrEmpty.Error(); !strings.Contains(text, "no instance") {
		t.Error(text)
	}
}
