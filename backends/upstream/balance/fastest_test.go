package balance

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFastest(t *testing.T) {
	const halfLife = 6 * second // windows of a second
	type step struct{ at, took time.Duration }
	ms := time.Millisecond
	for name, tt := range map[string]struct {
		steps []step
		want  time.Duration
	}{
		"nothing known":              {nil, 0},
		"one":                        {[]step{{second, 5 * ms}}, 5 * ms},
		"the shorter of a window":    {[]step{{0, 9 * ms}, {0, 5 * ms}, {0, 7 * ms}}, 5 * ms},
		"the shorter of two":         {[]step{{0, 5 * ms}, {second, 9 * ms}}, 5 * ms},
		"the third forgets":          {[]step{{0, 5 * ms}, {second, 9 * ms}, {2 * second, 8 * ms}}, 8 * ms},
		"a pause forgets":            {[]step{{0, 5 * ms}, {2 * second, 9 * ms}}, 9 * ms},
		"a slow one that is back":    {[]step{{0, 500 * ms}, {0, 5 * ms}}, 5 * ms},
		"no time is the shortest":    {[]step{{0, 0}}, latencyUnit},
		"longer than it can hold":    {[]step{{0, time.Hour}}, maxUnits * latencyUnit},
		"the number of windows ends": {[]step{{65535 * second, 5 * ms}, {65536 * second, 9 * ms}}, 5 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			var f fastest
			for _, s := range tt.steps {
				f.observe(s.at, s.took, halfLife)
			}
			if got := time.Duration(f.units()) * latencyUnit; got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// It is never longer than what was measured last, and never shorter than all of the last two windows.
func TestFastestIsOfTheLastTwoWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const halfLife = 6 * second
		var f fastest
		now := time.Duration(0)
		type sample struct{ at, took time.Duration }
		var all []sample
		for range rapid.IntRange(1, 50).Draw(t, "samples") {
			now += time.Duration(rapid.Int64Range(0, int64(3*second)).Draw(t, "pause"))
			took := time.Duration(rapid.Int64Range(1, 1000).Draw(t, "ms")) * time.Millisecond
			f.observe(now, took, halfLife)
			all = append(all, sample{now, took})
		}
		least, last := time.Hour, all[len(all)-1]
		for _, s := range all {
			if now/second-s.at/second <= 1 {
				least = min(least, s.took)
			}
		}
		if got := time.Duration(f.units()) * latencyUnit; got > last.took || got < least {
			t.Fatalf("%s, last %s, least %s", got, last.took, least)
		}
	})
}
