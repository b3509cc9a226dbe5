package discovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrEmpty says that the far side answered properly, with no instance in it. During a rollout or an outage of the far side's own
// registrations that is more often wrong than true, so it is a failure.
var ErrEmpty = errors.New("the answer names no instance")

// Tell reports what a session learned: the full set as it is now, in any order and with duplicates, or why it is not known, where an error
// that wraps ErrEmpty is an empty set with an explanation. It may be called any number of times, from the session's goroutine only.
type Tell func(set []Endpoint, err error)

// Session is one conversation with the far side: a question and its answer, or a stream of changes. It ends soon after ctx does. It
// returns how long the answer holds before the next session, or an error that is told and that makes the next one wait longer.
type Session func(ctx context.Context, tell Tell) (pause time.Duration, err error)

// Follow runs one session after the other until ctx ends, and then returns nil: it is a Provider's Watch, with the promises made there.
// Sessions that succeed are at least b.Base apart, those that fail as b says. The back-off starts anew after a session that succeeded,
// or that lasted longer than b.Max.
func Follow(ctx context.Context, b Backoff, session Session, update func([]Endpoint), failed func(error)) error {
	r := &report{ctx: ctx, update: update, failed: failed}
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		pause, err := session(ctx, r.tell)
		if err == nil {
			failures = 0
			wait(ctx, max(pause, b.Base))
			continue
		}
		if time.Since(began) > b.Max {
			failures = 0
		}
		if ctx.Err() == nil {
			r.fail(err, false)
		}
		wait(ctx, b.pause(failures))
		failures++
	}
	return nil
}

func wait(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// report passes on what is new.
type report struct {
	ctx    context.Context //nolint:containedctx // that of one Follow; nothing is told after its end
	update func([]Endpoint)
	failed func(error)

	last   []Endpoint // nil before the first
	broken bool       // a failure was told after last
	empty  bool       // and it was an empty set: its repetition is no news
}

// tell is a Tell.
func (r *report) tell(set []Endpoint, err error) {
	if r.ctx.Err() != nil {
		return
	}
	set = Normalize(set)
	switch {
	case err != nil && !errors.Is(err, ErrEmpty):
		r.fail(err, false)
	case len(set) > MaxEndpoints:
		r.fail(fmt.Errorf("the answer names %d instances, more than %d", len(set), MaxEndpoints), false)
	case len(set) > 0:
		r.good(set)
	case r.empty:
	case err != nil:
		r.fail(err, true)
	default:
		r.fail(ErrEmpty, true)
	}
}

func (r *report) good(set []Endpoint) {
	if r.last != nil && !r.broken && Equal(r.last, set) {
		return
	}
	r.last, r.broken, r.empty = set, false, false
	r.update(slices.Clone(set))
}

func (r *report) fail(err error, empty bool) {
	r.broken, r.empty = true, empty
	r.failed(err)
}
