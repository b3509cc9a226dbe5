package checkout

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"tiffin/checkout/journal"
	"tiffin/fault"
)

// doubtError: a service gave no definite answer for as long as the order could wait.
type doubtError struct{ last error }

func (e *doubtError) Error() string { return fmt.Sprintf("no definite answer in time: %v", e.last) }
func (e *doubtError) Unwrap() error { return e.last }

// insist makes a step's call until its answer is definite: unknown is not no. It is the same call with the same key each time, with
// full-jitter back-off. Before the pivot the patience is bounded: then the error is a *doubtError.
func (s *saga) insist(ctx context.Context, step step) error {
	began := time.Now()
	for attempt := 1; ; attempt++ {
		if (attempt > lookAfter || time.Since(s.heard) > heardLately) && s.lost(ctx) {
			return journal.ErrFenced
		}
		err := s.try(ctx, step, s.patience-time.Since(began))
		if definite(err, step.doubt) {
			if attempt > 1 {
				s.patience -= time.Since(began)
			}
			return err
		}
		if ctx.Err() != nil {
			return errStopped
		}
		if errors.Is(err, journal.ErrFenced) {
			return err
		}
		if !errors.Is(err, errQuiet) {
			s.flow.event(ctx, Event{Kind: EventUnknown, SagaID: s.row.SagaID, State: s.state, Step: step.name, Attempt: attempt, Err: err})
		}
		wait := s.flow.backoffAfter(err, attempt, step.doubt)
		if left := s.patience - time.Since(began); step.doubt == turns && wait >= left {
			return &doubtError{err}
		}
		if !sleep(ctx, wait) {
			return errStopped
		}
	}
}

// When a call is preceded by a look at the journal.
const (
	// lookAfter is after how many attempts each one is: an order that was taken over, by an operator's word perhaps, must not be called for
	// much longer by who had it before.
	lookAfter = 5
	// heardLately is for how long what the journal said counts: less than it takes to lose the lease and the order, and to undo it. A process
	// that stood still meanwhile must not call what was undone, for no service has to refuse it: no more calls could be on their way.
	heardLately = time.Second
)

// lost reports that the journal has the order in other hands; false where it does not answer.
func (s *saga) lost(ctx context.Context) bool {
	asked := time.Now()
	row, found, err := s.flow.journal.Find(ctx, s.row.Scope, s.row.Kind, s.row.Key)
	if err == nil {
		s.heard = asked
	}
	return err == nil && found && (row.Epoch != s.row.Epoch || row.Closed())
}

// try makes the call once, within the bound of a call and, before the pivot, what is left of the patience.
func (s *saga) try(ctx context.Context, step step, left time.Duration) error {
	bound := s.flow.cfg.CallTimeout
	if step.doubt == turns {
		bound = max(min(bound, left), time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(fault.Anew(ctx), bound) // what was true once decides no step
	defer cancel()
	return s.attempt(ctx, step)
}

// definite reports whether a call's outcome ends its step. Past the point of no return a refusal is a broken promise, not an answer.
func definite(err error, doubt doubt) bool {
	if err == nil || errors.Is(err, errAwaitCustomer) || errors.Is(err, errActionExpired) || errors.Is(err, errPaid) {
		return true
	}
	_, refused := fault.AsRefused(err)
	return refused && doubt != onward
}

// backoffAfter is how long to wait after an attempt without an answer: at least what the service asked for, within bounds.
func (f *Flow) backoffAfter(err error, attempt int, doubt doubt) time.Duration {
	most := f.cfg.BackoffMax
	if doubt == turns {
		most = f.cfg.BackoffForward
	}
	wait := f.backoff(attempt, most)
	if said := new(fault.Error); errors.As(err, &said) {
		wait = max(wait, min(said.RetryAfter, most))
	}
	return wait
}

// backoff is "full jitter": anything up to the base, doubled with each attempt, within most.
func (f *Flow) backoff(attempt int, most time.Duration) time.Duration {
	ceiling := most
	if doublings := attempt - 1; doublings < 30 {
		ceiling = min(most, f.cfg.BackoffBase<<doublings)
	}
	return rand.N(ceiling) + 1 //nolint:gosec // G404: no secret
}

// sleep waits, and reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
