package resilience

import (
	"context"
	"sync"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/internal/scope"
)

// timed is the context of one attempt: it ends with the context that it is made of, when its time is up, or with end.
//
// [context.WithDeadline] would do the same with a timer for each, at the price of a tenth of what the chain costs. Nearly all attempts of a kind
// have equal times, and wait in [expiries] with one timer for all.
type timed struct {
	scope.Scope

	until time.Time
	timer *time.Timer // its own, nil where it is in a queue

	queue          *expiries // nil where it has a timer of its own
	queued         bool      // guarded by queue.mu, and so are the neighbours
	earlier, later *timed
}

// end frees what t holds. It is called once the attempt is over.
func (t *timed) end() {
	if t.queue != nil {
		t.queue.leave(t)
	} else {
		t.timer.Stop()
	}
	t.End(context.Canceled)
}

// expire ends t because its time is up.
func (t *timed) expire() { t.End(context.DeadlineExceeded) }

// Deadline implements [context.Context].
func (t *timed) Deadline() (time.Time, bool) { return t.until, true }

// timeouts gives attempts their time, by kind of call.
type timeouts [call.Write + 1]expiries

func newTimeouts(cfg Config) *timeouts {
	t := &timeouts{}
	for kind := range call.Write + 1 {
		t[kind].after = cfg.operation(kind).AttemptTimeout
	}
	return t
}

// begin makes one the context of the trip's attempt, which begins: it has its kind's AttemptTimeout, or less where the call has less left.
func (t *timeouts) begin(one *timed, trip call.Trip) {
	queue := &t[trip.Call.Kind()]
	one.until = trip.Attempt.Began.Add(queue.after)
	deadline, ok := trip.Deadline()
	short := ok && deadline.Before(one.until)
	if short {
		one.until = deadline
	}
	one.Begin(trip.Context)
	if short {
		one.timer = time.AfterFunc(time.Until(deadline), one.expire)
	} else {
		queue.enter(one)
	}
}

// expiries are contexts that all have the same time, in the order in which it is up: nearly that in which they come. The timer is set for the
// first, or for one before it that has left: so it is set about once in that time, however many attempts there are.
type expiries struct {
	after time.Duration

	mu          sync.Mutex
	first, last *timed
	timer       *time.Timer // nil before there was one to wait for
	rings       time.Time   // when the timer does; zero where it is not set
}

func (e *expiries) enter(t *timed) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t.queue, t.queued = e, true
	e.insert(t)
	if e.rings.IsZero() || t.until.Before(e.rings) {
		e.wait(t.until)
	}
}

// insert puts t into the queue; the caller holds e.mu. Mostly that is at the end: only one that was kept from coming here is due before others.
func (e *expiries) insert(t *timed) {
	t.earlier = e.last
	for t.earlier != nil && t.earlier.until.After(t.until) {
		t.later, t.earlier = t.earlier, t.earlier.earlier
	}
	if t.earlier == nil {
		e.first = t
	} else {
		t.earlier.later = t
	}
	if t.later == nil {
		e.last = t
	} else {
		t.later.earlier = t
	}
}

func (e *expiries) leave(t *timed) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t.queued {
		e.remove(t)
	}
}

// expire ends those whose time is up.
func (e *expiries) expire() {
	for _, t := range e.due() {
		t.expire()
	}
}

// due takes those whose time is up out of the queue, and waits for the first of the others.
func (e *expiries) due() []*timed {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rings = time.Time{}
	now := time.Now()
	var due []*timed
	for e.first != nil {
		if e.first.until.After(now) {
			e.wait(e.first.until)
			break
		}
		due = append(due, e.first)
		e.remove(e.first)
	}
	return due
}

// wait sets the timer; the caller holds e.mu.
func (e *expiries) wait(until time.Time) {
	e.rings = until
	if e.timer == nil {
		e.timer = time.AfterFunc(time.Until(until), e.expire)
	} else {
		e.timer.Reset(time.Until(until))
	}
}

// remove takes t out of the queue; the caller holds e.mu.
func (e *expiries) remove(t *timed) {
	if t.earlier == nil {
		e.first = t.later
	} else {
		t.earlier.later = t.later
	}
	if t.later == nil {
		e.last = t.earlier
	} else {
		t.later.earlier = t.earlier
	}
	t.queued, t.earlier, t.later = false, nil, nil
}
