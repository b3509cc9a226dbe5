package stage

import (
	"math/rand/v2"
	"sync"
)

// dice is a seeded source of chance for concurrent use: the same throws at each start, in the order in which they are asked for.
type dice struct {
	mu     sync.Mutex
	source *rand.Rand
}

func newDice(seed, stream uint64) *dice {
	return &dice{source: rand.New(rand.NewPCG(seed, stream))} //nolint:gosec // G404: repeatable on purpose, protects nothing
}

// roll is uniform in [0, 1).
func (d *dice) roll() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.source.Float64()
}
