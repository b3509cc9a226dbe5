package balance

import "math/bits"

// lottery draws candidates with probabilities in proportion to their weights, in constant time (Vose's alias method).
type lottery struct {
	rand source
	n    uint64
	// slots is nil where all weights are equal.
	slots []slot
}

// slot is one of n equally likely ones. It belongs to the candidate of its index with probability keep/2³², else to other.
type slot struct {
	keep  uint64
	other int
}

const slotWhole = 1 << 32

func newLottery(candidates []Candidate, rand source) lottery {
	l := lottery{rand: rand, n: uint64(len(candidates))}
	total := 0.0
	equal := true
	for _, c := range candidates {
		total += c.Weight
		equal = equal && c.Weight == candidates[0].Weight
	}
	if !equal {
		l.slots = newSlots(candidates, total)
	}
	return l
}

// newSlots fills each slot that its own candidate leaves partly empty with one of those that need more than a slot.
func newSlots(candidates []Candidate, total float64) []slot {
	slots := make([]slot, len(candidates))
	need := make([]float64, len(candidates)) // in slots
	var small, large []int
	for n, c := range candidates {
		slots[n] = slot{slotWhole, n}
		need[n] = c.Weight / total * float64(len(candidates))
		if need[n] < 1 {
			small = append(small, n)
		} else {
			large = append(large, n)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := pop(&small), pop(&large)
		slots[s] = slot{uint64(need[s] * slotWhole), l}
		if need[l] -= 1 - need[s]; need[l] < 1 {
			small = append(small, l)
		} else {
			large = append(large, l)
		}
	}
	return slots
}

func pop(stack *[]int) int {
	last := len(*stack) - 1
	n := (*stack)[last]
	*stack = (*stack)[:last]
	return n
}

// draw returns an index. One random number chooses the slot with its high part and the owner with what is left.
func (l *lottery) draw() int {
	index, rest := bits.Mul64(l.rand(), l.n)
	if l.slots == nil || rest>>32 < l.slots[index].keep {
		return int(index) //nolint:gosec // less than n, which was an int
	}
	return l.slots[index].other
}
