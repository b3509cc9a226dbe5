package resilience

import (
	"sync/atomic"
	"time"
)

// pace counts the attempts at one instance that were slow, those out of time among them, and all that were answered or out of time, over
// the breaker's window. An instance can only be slow compared with the others: when all are, it is this process, the network or what they
// share. The zero value has counted nothing. It takes no lock.
type pace struct{ slots [paceSlots]atomic.Uint64 }

// The window is that many slots. Each is one word, so that it is read and changed at once: its number since the start, of which 32 bits are
// enough for 13 years, and two counts.
const (
	paceSlots = 10
	countBits = 16
	maxCount  = 1<<countBits - 1
	oneSlow   = 1 << countBits
)

// tally is a slot's word.
type tally uint64

func (t tally) number() uint64 { return uint64(t) >> (2 * countBits) }

func (t tally) slow() uint64 { return uint64(t) >> countBits & maxCount }

func (t tally) all() uint64 { return uint64(t) & maxCount }

func newTally(number uint64) tally { return tally(number << (2 * countBits)) }

// slotAt is the number of the slot that a time belongs to.
func slotAt(at, window time.Duration) uint64 {
	return uint64(max(at, 0) / (window / paceSlots)) //nolint:gosec // not below 0
}

// note counts an attempt that ended at.
func (p *pace) note(at, window time.Duration, slow bool) {
	number := slotAt(at, window)
	word := &p.slots[number%paceSlots]
	for {
		old := tally(word.Load())
		next := old
		if old.number() < number {
			next = newTally(number)
		}
		if old.number() > number || next.all() == maxCount { // too late for a window that has passed; or so many that their share is known
			return
		}
		next++
		if slow {
			next += oneSlow
		}
		if word.CompareAndSwap(uint64(old), uint64(next)) {
			return
		}
	}
}

// sum is what was counted in the window that ends at.
func (p *pace) sum(at, window time.Duration) (slow, all uint64) {
	newest := slotAt(at, window)
	for n := range p.slots {
		if t := tally(p.slots[n].Load()); t.number()+paceSlots > newest {
			slow, all = slow+t.slow(), all+t.all()
		}
	}
	return slow, all
}
