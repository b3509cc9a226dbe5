package balance

import (
	"sync/atomic"
	"time"
)

// Instance is one place where a service runs, with the load that this process sees there. It stays the same value, and keeps its
// statistics, for as long as its address is in the [Set], whatever else of the endpoint changes. It is safe for concurrent use.
type Instance struct {
	addr     string
	inFlight atomic.Int64
	latency  latency
	fastest  fastest
	calls    atomic.Uint64
	failures atomic.Uint64
	streak   atomic.Int64
}

// Outcome is what an attempt says of its instance.
type Outcome int

// The outcomes.
const (
	// Failure: no answer, or one that blames the server.
	Failure Outcome = iota
	// Success: an answer, be it a refusal.
	Success
	// Cancelled: the caller left, another attempt of a hedge won, or this process noticed too late that the time was up. It says nothing of
	// the instance's health, and of its latency only that it is no shorter.
	Cancelled
	// NotSent: a position below refused the attempt before anything was sent ([call.ErrNotSent]), such as the instance's open breaker. It
	// is no news of the instance's health; p2c_ewma takes it for as dear as a failure, so that attempts go where they are sent.
	NotSent
)

func (o Outcome) String() string {
	return [...]string{"failure", "success", "cancelled", "not sent"}[o]
}

// Tally counts the attempts that have ended with Success or Failure, since the instance joined.
type Tally struct {
	Calls, Failures uint64
	// Streak is the number of failures since the last success, or since [Instance.Forgive].
	Streak int
}

// Addr is the instance's identity, "host:port".
func (i *Instance) Addr() string { return i.addr }

// InFlight is the number of attempts that have begun and not ended.
func (i *Instance) InFlight() int { return int(i.inFlight.Load()) }

// Tally returns the counts; they may be of slightly different moments.
func (i *Instance) Tally() Tally {
	return Tally{Failures: i.failures.Load(), Calls: i.calls.Load(), Streak: int(i.streak.Load())}
}

// Forgive starts a new streak; who ejects an instance does it, so that it gets a full new try when it is back.
func (i *Instance) Forgive() { i.streak.Store(0) }

// What a failure costs in p2c_ewma: it counts as three times the latency known so far, so that a refusal within microseconds does not
// make an instance attractive, one failure among many costs little, and a streak soon costs nearly all.
const (
	penaltyFactor = 3
	minPenalty    = time.Millisecond
	maxPenalty    = 10 * time.Second
)

// done notes the end of an attempt.
func (i *Instance) done(outcome Outcome, now, took, halfLife time.Duration) {
	i.inFlight.Add(-1)
	switch outcome {
	case Success:
		i.calls.Add(1)
		i.streak.Store(0)
		i.latency.observe(now, took, halfLife)
		i.fastest.observe(now, took, halfLife)
	case Failure:
		i.calls.Add(1)
		i.failures.Add(1)
		i.streak.Add(1)
		i.penalise(now, took, halfLife)
	case Cancelled:
		if took > i.latency.last() {
			i.latency.observe(now, took, halfLife)
		}
	case NotSent:
		i.penalise(now, took, halfLife)
	}
}

// speed is the latency as it counts at a later time, and that of the fastest answers, both faded alike; 0 for what is not known.
func (i *Instance) speed(now, halfLife time.Duration) (slow, fast float64) {
	value, at := unpack(i.latency.word.Load())
	if value == 0 {
		return 0, 0
	}
	left, known := fade(now-at, halfLife), i.fastest.units()
	if known > 0 {
		fast = max(known*left, floorUnits)
	}
	return max(value*left, floorUnits), fast
}

func (i *Instance) penalise(now, took, halfLife time.Duration) {
	known := i.latency.last()
	penalty := min(max(known, minPenalty)*penaltyFactor, maxPenalty)
	i.latency.observe(now, max(took, known, penalty), halfLife)
}
