package balance

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const ringKeys = 5_000

func placed(picker Picker, tried ...string) []string {
	keys := seeded()
	out := make([]string, ringKeys)
	for n := range out {
		out[n] = picker.Pick(Attempt{Tried: tried, Key: keys()}).addr
	}
	return out
}

// When one of n leaves, its keys move and no others; with other weights, none moves between those whose weight stayed.
func TestOnlyTheKeysOfTheLostMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "n")
		among := candidates(slices.Repeat([]float64{1}, n)...)
		lost := rapid.IntRange(0, n-1).Draw(t, "lost")
		before := placed(newRing(among, env{}))
		after := placed(newRing(slices.Delete(slices.Clone(among), lost, lost+1), env{}))
		moved := 0
		for k := range before {
			if before[k] == after[k] {
				continue
			}
			moved++
			if before[k] != among[lost].addr {
				t.Fatalf("a key of %s moved to %s when %s left", before[k], after[k], among[lost].addr)
			}
		}
		if share := float64(moved) / ringKeys; share > 1.25/float64(n)+0.01 {
			t.Errorf("%.4f of the keys moved, want about %.4f", share, 1/float64(n))
		}
	})
}

// A retry goes on along the ring: where the key would be if the tried instance had left.
func TestARetryGoesWhereTheKeyWouldMove(t *testing.T) {
	among := candidates(1, 1, 1, 1)
	if !slices.Equal(placed(newRing(among, env{}), "b"), placed(newRing(slices.Delete(slices.Clone(among), 1, 2), env{}))) {
		t.Error("it goes elsewhere")
	}
}

func TestTheRingIsTheSameInEveryProcess(t *testing.T) {
	if got := hash("10.0.0.1:80"); got != 0xdf1d561fbd00135a {
		t.Errorf("hash %#x: instances' caches grow cold when the gateways are updated one by one", got)
	}
}

func TestTheRingIsBounded(t *testing.T) {
	many := make([]Candidate, 4096)
	for n := range many {
		many[n] = Candidate{Instance: &Instance{addr: string(rune('一' + n))}, Weight: float64(1 + n%3)}
	}
	if got := len(newRing(many, env{}).(*ring).points); got > 1<<16 {
		t.Errorf("%d points", got)
	}
}
