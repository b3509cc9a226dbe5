package balance

import (
	"sync/atomic"
	"time"
)

// fastest is the shortest latency of the last one or two windows in which there was any; the zero value knows none. What delays all answers
// alike, such as a process of ours that is short of CPU, moves averages and peaks of a quick instance up to those of a slow one. It seldom
// delays every answer, so that the fastest still tell them apart.
//
// Two windows share one word, so that they are read and changed together without a lock: 16 bits for the number of the newer one, 24 bits
// for the shortest of each in units of 10 µs.
type fastest struct{ word atomic.Uint64 }

const (
	// windowsPerHalfLife makes the windows short against the time in which a latency is forgotten: an instance that becomes slow is known for it
	// after two of them.
	windowsPerHalfLife = 6
	windowBits         = 16
	unitBits           = 24
)

// observe takes a measurement that ended now.
func (f *fastest) observe(now, took, halfLife time.Duration) {
	number := uint64(max(now, 0)/(halfLife/windowsPerHalfLife)) & (1<<windowBits - 1) //nolint:gosec // not below 0
	sample := uint64(min(max(took/latencyUnit, 1), maxUnits))
	for {
		word := f.word.Load()
		newer, older := word>>unitBits&maxUnits, word&maxUnits
		switch current := word >> (2 * unitBits); {
		case word == 0 || current != number && (current+1)&(1<<windowBits-1) != number:
			newer, older = sample, sample // nothing was measured lately
		case current == number:
			newer = min(newer, sample)
		default:
			newer, older = sample, newer
		}
		next := number<<(2*unitBits) | newer<<unitBits | older
		if next == word || f.word.CompareAndSwap(word, next) {
			return
		}
	}
}

// units is the shortest latency in units; 0 where there was none.
func (f *fastest) units() float64 {
	word := f.word.Load()
	return float64(min(word>>unitBits&maxUnits, word&maxUnits))
}
