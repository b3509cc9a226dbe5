package shed

import (
	"math"
	"runtime/metrics"
	"time"
)

// AdaptiveConfig lets the gateway take fewer operations at once while it has too little of a processor for those that it has: cores may be
// shared, and how much an operation costs depends on what is asked.
type AdaptiveConfig struct {
	// Target is how long nine of ten goroutines may wait for a processor, at most. While they wait longer, a tenth fewer operations are
	// executed at once with each look; else a few more, up to concurrent. There are ten looks a second; 0 is off [0s].
	Target time.Duration `yaml:"target"`
	// Least is how many operations are executed at once however long goroutines wait [16].
	Least int `yaml:"least"`
}

const (
	lookEvery = 100 * time.Millisecond
	// steps is in how many looks the room grows from nothing to all.
	steps = 64
)

// room is how many operations may be executed at once. Its owner's lock guards it.
type room struct {
	cfg    AdaptiveConfig
	most   int
	places int
	looked time.Time
	// late is how long nine of ten goroutines waited at most, of those that got a processor since it was called last.
	late func() time.Duration
}

func newRoom(cfg Config) room {
	r := room{cfg: cfg.Adaptive, most: cfg.Concurrent, places: cfg.Concurrent}
	r.cfg.Least = min(r.cfg.Least, r.most)
	if r.cfg.Target > 0 {
		r.late, r.looked = schedulerLatency(), time.Now()
	}
	return r
}

// look adapts the room, if it is time to: additive increase, multiplicative decrease, from what is really running.
func (r *room) look(running int) {
	if r.cfg.Target == 0 {
		return
	}
	now := time.Now()
	if now.Sub(r.looked) < lookEvery {
		return
	}
	r.looked = now
	if r.late() > r.cfg.Target {
		r.places = max(r.cfg.Least, min(r.places, running)*9/10)
		return
	}
	r.places = min(r.most, r.places+max(1, r.most/steps))
}

// schedulerLatency measures by the runtime's own histogram of how long goroutines were ready to run before they did.
func schedulerLatency() func() time.Duration {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	var before []uint64
	return func() time.Duration {
		metrics.Read(sample)
		if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
			return 0 // a runtime that no longer has it
		}
		h := sample[0].Value.Float64Histogram()
		if before == nil {
			before = make([]uint64, len(h.Counts))
		}
		late := ninth(h, before)
		copy(before, h.Counts)
		return late
	}
}

// ninth is the upper end of the bucket that the 90th percentile of what came since before is in.
func ninth(h *metrics.Float64Histogram, before []uint64) time.Duration {
	var all, below uint64
	for n, count := range h.Counts {
		all += count - before[n]
	}
	for n, count := range h.Counts {
		if below += count - before[n]; all > 0 && below*10 >= all*9 {
			end := h.Buckets[n+1]
			if math.IsInf(end, 1) {
				end = h.Buckets[n]
			}
			return time.Duration(end * float64(time.Second))
		}
	}
	return 0
}
