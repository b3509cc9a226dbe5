package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tiffin/checkout/journal"
)

// Outcome is what an operator found out about a step in doubt.
type Outcome string

// The outcomes.
const (
	// OutcomeDone: the service did what it was asked.
	OutcomeDone Outcome = "done"
	// OutcomeNotDone: it did not, and never will.
	OutcomeNotDone Outcome = "not_done"
)

// Resolution is an operator's word on a step that no machine can decide. It stays in the row.
type Resolution struct {
	Step    string    `json:"step"`
	Outcome Outcome   `json:"outcome"`
	Reason  string    `json:"reason"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// The bounds of what an operator says.
const (
	maxResolutionReason = 500
	maxResolutionBy     = 100
)

// NotResolvable says why a resolution is refused, in words for the operator.
type NotResolvable struct{ Why string }

func (e *NotResolvable) Error() string { return "checkout: " + e.Why }

func notResolvable(format string, args ...any) error {
	return &NotResolvable{fmt.Sprintf(format, args...)}
}

// Resolve ends a doubt by an operator's word: the step counts as done, or as never to be done, and the order goes on from there. Whoever
// drives the order is fenced first. Errors: [*NotResolvable] for what is no step in doubt, [ErrNoOrder], and those of the journal.
func (f *Flow) Resolve(ctx context.Context, keeper journal.Keeper, id string, r Resolution) (Standing, error) {
	if err := r.check(); err != nil {
		return Standing{}, err
	}
	row, err := f.show(ctx, keeper, id)
	if err == nil {
		err = f.resolvable(row)
	}
	if err != nil {
		return Standing{}, err
	}
	r.At = f.now().UTC()
	row, err = f.resolve(ctx, keeper, row, r)
	return f.standing(row), err
}

func (r Resolution) check() error {
	c := &checker{}
	c.prose("reason", r.Reason, 1, maxResolutionReason)
	c.prose("by", r.By, 1, maxResolutionBy)
	if err := c.fault(); err != nil {
		return notResolvable("%v", err)
	}
	if r.Outcome != OutcomeDone && r.Outcome != OutcomeNotDone {
		return notResolvable("outcome must be %s or %s", OutcomeDone, OutcomeNotDone)
	}
	return nil
}

// resolvable refuses rows that are in no doubt.
func (f *Flow) resolvable(row journal.Row) error {
	switch silent := f.now().Sub(row.Updated); {
	case row.Closed():
		return notResolvable("the order is settled: %s", row.State)
	case row.Parked():
		return notResolvable("the order waits for its customer until %v, and is then undone", row.Due.UTC())
	case !f.journal.knows(row):
		return notResolvable("the row is of another release: ask a gateway of that one")
	case silent < f.cfg.ForwardBudget:
		return notResolvable("the order moved %v ago: wait until it has been silent for %v", silent.Round(time.Second), f.cfg.ForwardBudget)
	}
	return nil
}

// resolve takes the row from whoever drives it, writes the word and where it leads to, and drives it on.
func (f *Flow) resolve(ctx context.Context, keeper journal.Keeper, row journal.Row, r Resolution) (journal.Row, error) {
	if s, err := newSaga(f, row, f.now()); err != nil {
		return row, err
	} else if _, err := s.resolution(r); err != nil { // before anybody is disturbed
		return row, err
	}
	run, err := f.seizeRun(ctx, sagaID(row.SagaID))
	if err != nil {
		return row, err
	}
	asked := f.now()
	taken, err := f.seize(ctx, keeper, row)
	if err != nil {
		f.runs.end(run, nil)
		return row, err
	}
	s, err := newSaga(f, taken, asked)
	if err == nil {
		var to State
		if to, err = s.resolution(r); err == nil {
			s.data.Resolutions = append(slices.Clone(s.data.Resolutions), r)
			err = s.write(ctx, to)
		}
	}
	if err != nil || s.state.terminal() {
		f.runs.end(run, nil) // the sweep takes up what stays open
		return taken, err
	}
	f.event(ctx, Event{Kind: EventResolved, SagaID: row.SagaID, State: s.state, Step: r.Step})
	f.launch(ctx, run, s.row, asked)
	return s.row, nil
}

// seizeRun makes the caller the one in this process who drives the order, and stops who does.
func (f *Flow) seizeRun(ctx context.Context, id sagaID) (*run, error) {
	for {
		run, mine, err := f.runs.begin(id)
		if err != nil || mine {
			return run, err
		}
		f.runs.stop(run)
		if !closed(ctx, run.done) {
			return nil, ctx.Err()
		}
	}
}

// errMoved: the row is not as the operator saw it.
var errMoved = notResolvable("the order moved in this moment: look at it again")

// seize takes the row from whichever process has it: parked for a moment, it can be taken under the next epoch, which fences the others.
// To park it is to write what it holds, so it is read once more, now that nobody in this process drives it; and it is the write after that
// one, or fails.
func (f *Flow) seize(ctx context.Context, keeper journal.Keeper, seen journal.Row) (journal.Row, error) {
	row, found, err := keeper.Show(ctx, seen.SagaID)
	switch {
	case err != nil:
		return seen, err
	case !found || row.Epoch != seen.Epoch || !row.Updated.Equal(seen.Updated):
		return seen, errMoved
	}
	row = f.journal.drive(row)
	err = f.journal.Advance(ctx, row.SagaID, row.Epoch, journal.Step{Write: row.Writes + 1, State: row.State, Data: row.Data, Due: f.now()})
	if err == nil {
		row, err = f.journal.Take(ctx, row.SagaID, row.Epoch, f.owner)
	}
	if errors.Is(err, journal.ErrFenced) {
		err = errMoved
	}
	return row, err
}

// inDoubt are the steps that may be in doubt: those from the state that the journal holds to the next one that it will.
func (s *saga) inDoubt() (steps []step, names []string) {
	from := State(s.row.State)
	for _, step := range s.steps() {
		if step.from != from {
			continue
		}
		if step.effect != reads || step.from == Undone {
			steps, names = append(steps, step), append(names, step.name)
		}
		if from = step.to; step.written == kept {
			break
		}
	}
	return steps, names
}

// resolution is where an operator's word leads to.
func (s *saga) resolution(r Resolution) (State, error) {
	steps, names := s.inDoubt()
	at := slices.Index(names, r.Step)
	if at < 0 {
		return "", notResolvable("in state %s the steps that can be in doubt are %v, not %q", s.row.State, names, r.Step)
	}
	step := steps[at]
	switch {
	case r.Outcome == OutcomeDone:
		return step.to, nil
	case step.doubt == looksAgain:
		s.retire(step.name)
		return Recalled, nil
	case step.doubt == onward:
		return "", notResolvable("%s is made again until it is done, for the only way is forward: say done once you have seen to it", r.Step)
	case s.row.Kind == kindCancel:
		s.data.Refusal = &cancelRefusal{tooLate()}
		return Refused, nil
	default: // before the pivot, or at it: nothing was charged
		s.data.Reason = &reason{timedOut()}
		s.doubtAll()
		return Cancelling, nil
	}
}
