package resilience

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The counts are those of the window, to a tenth of it: all that is younger, nothing that is older.
func TestPace(t *testing.T) {
	const window = 10 * time.Second
	rapid.Check(t, func(t *rapid.T) {
		type noted struct {
			at   time.Duration
			slow bool
		}
		var p pace
		var all []noted
		now := rapid.SampledFrom([]time.Duration{0, time.Hour, 12 * 365 * 24 * time.Hour}).Draw(t, "begin")
		for range rapid.IntRange(0, 100).Draw(t, "attempts") {
			now += time.Duration(rapid.Int64Range(0, int64(2*time.Second)).Draw(t, "pause"))
			n := noted{now, rapid.Bool().Draw(t, "slow")}
			p.note(n.at, window, n.slow)
			all = append(all, n)
		}
		now += time.Duration(rapid.Int64Range(0, int64(2*window)).Draw(t, "rest"))
		var young, old, slow uint64
		for _, n := range all {
			switch age := now - n.at; {
			case age < window-window/paceSlots:
				young++
			case age >= window:
				old++
			}
			if n.slow {
				slow++
			}
		}
		gotSlow, got := p.sum(now, window)
		if total := uint64(len(all)); got < young || got > total-old || gotSlow > min(got, slow) {
			t.Fatalf("%d of %d slow; of %d attempts %d are younger and %d older than the window", gotSlow, got, total, young, old)
		}
	})
}

// A slot that is full is not spoilt.
func TestPaceOfAFlood(t *testing.T) {
	var p pace
	for n := range 3 * maxCount {
		p.note(time.Second, time.Second, n%2 == 0)
	}
	slow, all := p.sum(time.Second, time.Second)
	if all != maxCount || slow != (maxCount+1)/2 {
		t.Errorf("%d of %d", slow, all)
	}
}
