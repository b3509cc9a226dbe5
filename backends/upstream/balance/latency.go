package balance

import (
	"math"
	"sync/atomic"
	"time"
)

// latency is a peak EWMA: an exponentially weighted moving average over time that a longer measurement replaces at once. So a slow
// instance is known as soon as it is slow, and trusted again step by step. The zero value knows nothing.
//
// Value and time share one word, so that they are read and changed together without a lock: 24 bits in units of 10 µs, 40 bits of
// milliseconds since the Set was made.
type latency struct{ word atomic.Uint64 }

const (
	latencyUnit = 10 * time.Microsecond
	stampBits   = 40
	maxUnits    = 1<<24 - 1 // 167 s
	// latencyFloor is the shortest latency that counts: differences below it are noise.
	latencyFloor = 100 * time.Microsecond
	floorUnits   = float64(latencyFloor / latencyUnit)
)

// observe takes a measurement that ended now. Within one millisecond only a longer one counts: it has no weight over time.
func (l *latency) observe(now, took, halfLife time.Duration) {
	sample := float64(took / latencyUnit)
	for {
		old := l.word.Load()
		value, at := unpack(old)
		next := sample
		if sample < value {
			age := now - at
			if age < time.Millisecond {
				return
			}
			old := fade(age, halfLife)
			next = value*old + sample*(1-old)
		}
		if l.word.CompareAndSwap(old, pack(next, now)) {
			return
		}
	}
}

// at is the latency as it counts at a later time: without measurements it fades, so that a slow instance gets a new try; never below the
// floor. 0 where nothing was measured yet.
func (l *latency) at(now, halfLife time.Duration) time.Duration {
	value, at := unpack(l.word.Load())
	if value == 0 {
		return 0
	}
	return max(time.Duration(value*fade(now-at, halfLife))*latencyUnit, latencyFloor)
}

// last is the latency as of the last measurement; 0 where there was none.
func (l *latency) last() time.Duration {
	value, _ := unpack(l.word.Load())
	return time.Duration(value) * latencyUnit
}

// age is how long ago the last measurement was; meaningless where there was none.
func (l *latency) age(now time.Duration) time.Duration {
	_, at := unpack(l.word.Load())
	return now - at
}

// fade is what remains of a weight of 1 after age: 2^(-age/halfLife), with a straight line between one half-life and the next, which is
// at most 6 % too much and a fifth of the cost.
func fade(age, halfLife time.Duration) float64 {
	lives := float64(max(age, 0)) / float64(halfLife)
	whole := min(uint64(lives), maxLives)
	if whole == maxLives {
		return 0
	}
	return (1 - (lives-float64(whole))/2) * math.Float64frombits((exponentOfOne-whole)<<mantissaBits)
}

// Parts of an IEEE 754 double; after maxLives half-lives nothing is left that counts.
const (
	exponentOfOne = 1023
	mantissaBits  = 52
	maxLives      = 64
)

// pack keeps a value of at least one unit, since 0 means unknown.
func pack(units float64, at time.Duration) uint64 {
	return uint64(min(max(units, 1), maxUnits))<<stampBits | uint64(max(at.Milliseconds(), 0))&(1<<stampBits-1)
}

func unpack(word uint64) (units float64, at time.Duration) {
	return float64(word >> stampBits), time.Duration(word&(1<<stampBits-1)) * time.Millisecond
}
