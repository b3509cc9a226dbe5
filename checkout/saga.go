package checkout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"tiffin/checkout/journal"
)

// saga drives one order by the state machine. It belongs to one goroutine.
type saga struct {
	flow    *Flow
	id      sagaID
	row     journal.Row // as the journal holds it
	state   State       // may be ahead of the row, by states that are only remembered
	request request
	data    data
	// searching: the delivery service took the order and still looks for a driver.
	searching bool
	// patience is what is left of Config.ForwardBudget.
	patience time.Duration

	// took is when this process took the order up, and resumed whether an earlier one may have made the calls that come next: until the
	// journal holds a state that it never reached.
	took    time.Time
	resumed bool
	// asked is when this process asked the journal for the row: not later than the row's Updated, which is when it was handed over.
	asked time.Time
	// heard is when the journal last said that the order is in our hands.
	heard time.Time
	// sent are the calls made by this process, by step.
	sent map[string]*sending
	// quiet is since when nothing was found at a service that leaves no tombstones, and silent which of them are settled.
	quiet  map[string]time.Time
	silent map[string]bool
}

// call asks a service once, under the key it is given. A *fault.Refused is a definite no, the errors below speak for themselves, and
// every other error means "don't know".
type call func(ctx context.Context, key string) error

var (
	// errAwaitCustomer: the bank wants the customer to act.
	errAwaitCustomer = errors.New("the customer must act")
	// errActionExpired: the customer did not act in time, or in vain.
	errActionExpired = errors.New("the customer's action came to nothing")
	// errStopped: the process is stopping; the order stays open.
	errStopped = errors.New("stopping with the order open")
)

// newSaga takes up an order where its row says that it is. The journal was asked for the row at that time, or later.
func newSaga(f *Flow, row journal.Row, asked time.Time) (*saga, error) {
	request, err := decodeRequest(row.Request)
	if err != nil {
		return nil, fmt.Errorf("the row's request: %w", err)
	}
	data, err := decodeData(row.Data)
	if err != nil {
		return nil, fmt.Errorf("the row's data: %w", err)
	}
	return &saga{
		flow: f, id: sagaID(row.SagaID), row: row, state: State(row.State),
		request: request, data: data, patience: f.cfg.ForwardBudget,
		took: f.now(), asked: asked, heard: time.Now(), resumed: row.Epoch > 1, sent: map[string]*sending{}, quiet: map[string]time.Time{}, silent: map[string]bool{},
	}, nil
}

// drive runs the order until it is settled or parked. An error means that it is neither: [journal.ErrFenced] or errStopped.
func (s *saga) drive(ctx context.Context) error {
	for !s.state.terminal() {
		step, err := s.next()
		if err != nil {
			return err
		}
		err = s.insist(ctx, step)
		switch {
		case err == nil:
			err = s.reach(ctx, step)
		case errors.Is(err, errAwaitCustomer):
			return s.write(ctx, AwaitingCustomer)
		case errors.Is(err, errPaid):
			s.data.Reason = nil
			err = s.write(ctx, Captured)
		case !errors.Is(err, errStopped) && !errors.Is(err, journal.ErrFenced):
			err = s.turn(ctx, step, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *saga) next() (step, error) {
	for _, step := range s.steps() {
		if step.from == s.state {
			return step, nil
		}
	}
	return step{}, fmt.Errorf("no way on from state %q: was the row written by another version?", s.state)
}

// reach notes that a step is done.
func (s *saga) reach(ctx context.Context, done step) error {
	if done.written == kept {
		return s.write(ctx, done.to)
	}
	s.state = done.to
	return nil
}

// turn goes the other way: for good, but where failed only asks for another look.
func (s *saga) turn(ctx context.Context, failed step, err error) error {
	if failed.doubt == looksAgain {
		return s.lookAgain(ctx, failed, err)
	}
	if s.row.Kind == kindCancel {
		s.data.Refusal = &cancelRefusal{cancelRefused(err)}
		return s.write(ctx, Refused)
	}
	s.data.Reason = &reason{s.failure(err)}
	if s.resumed {
		s.doubtAll()
	}
	s.flow.event(ctx, Event{Kind: EventTurned, SagaID: s.row.SagaID, State: s.state, Step: failed.name, Err: err})
	return s.write(ctx, Cancelling)
}

// write persists a state. From then on no earlier process can have made the calls that come next.
func (s *saga) write(ctx context.Context, to State) error {
	if s.resumed && to != Cancelling {
		s.doubtAll()
	}
	step, err := s.stepTo(to)
	if err != nil {
		return err
	}
	if err := s.advance(ctx, step); err != nil {
		return err
	}
	s.state, s.resumed = to, false
	return nil
}

// keep persists what the order has learnt, in the state that the journal holds.
func (s *saga) keep(ctx context.Context) error {
	step := journal.Step{State: s.row.State}
	var err error
	if step.Data, err = s.data.encode(); err != nil {
		return err
	}
	return s.advance(ctx, step)
}

// advance writes to the journal, until it acknowledges or fences us. Each attempt is the same write: one that is carried out late finds
// that it was done.
func (s *saga) advance(ctx context.Context, step journal.Step) error {
	step.Write = s.row.Writes + 1
	for attempt := 1; ; attempt++ {
		err := s.flow.journal.Advance(ctx, s.row.SagaID, s.row.Epoch, step)
		if err == nil {
			break
		}
		if errors.Is(err, journal.ErrFenced) {
			return err
		}
		s.flow.event(ctx, Event{Kind: EventJournalFailed, SagaID: s.row.SagaID, State: State(step.State), Attempt: attempt, Err: err})
		if !sleep(ctx, s.flow.backoff(attempt, s.flow.cfg.BackoffForward)) {
			return errStopped
		}
	}
	s.heard = time.Now()
	s.row.Writes, s.row.State, s.row.Data, s.row.Due, s.row.Result = step.Write, step.State, step.Data, step.Due, step.Result
	return nil
}

// stepTo is the journal's view of a state: what is kept with it, until when it is parked, how it ended.
func (s *saga) stepTo(to State) (journal.Step, error) {
	step := journal.Step{State: string(to)}
	var err error
	switch to {
	case AwaitingCustomer:
		step.Due = s.data.Action.ExpiresAt
	case Confirmed:
		step.Result, err = result{Total: &s.request.Total}.encode()
	case Cancelled:
		step.Result, err = s.cancelled().encode()
	case Refused:
		step.Result, err = result{Refusal: s.data.Refusal}.encode()
	default: // on its way
	}
	if err != nil {
		return step, err
	}
	if to.terminal() {
		s.data = s.data.settled()
	}
	step.Data, err = s.data.encode()
	return step, err
}

// cancelled is the result of an order that was undone, or called off.
func (s *saga) cancelled() result {
	if s.row.Kind == kindCancel {
		return result{Refunded: s.data.Captured}
	}
	return result{Reason: s.data.Reason}
}

// orderID and paymentRef are those of the order that the row is about.
func (s *saga) orderID() string {
	if c := s.request.Cancels; c != nil {
		return c.OrderID
	}
	return s.id.order()
}

func (s *saga) paymentRef() string {
	if c := s.request.Cancels; c != nil {
		return c.PaymentRef
	}
	return s.id.payment()
}

// cause is why the order is cancelled, for people at the order service.
func (s *saga) cause() string {
	if s.row.Kind == kindCancel {
		return "CancelledByCustomer"
	}
	return s.data.Reason.name()
}

// key is the idempotency key of a step. A key that came to nothing is never used again: the next one has the number of those before it.
func (s *saga) key(step string) string {
	if n := s.data.Sent[step]; n > 0 {
		return s.id.key(step) + ":" + strconv.Itoa(n)
	}
	return s.id.key(step)
}

// retire counts a step's key among those that came to nothing. It is persisted before the next one is used.
func (s *saga) retire(step string) {
	sent := maps.Clone(s.data.Sent) // rows are values
	if sent == nil {
		sent = map[string]int{}
	}
	sent[step]++
	s.data.Sent = sent
}

// lookAgain: what a step was decided by is not so any more. The step before it looks again.
func (s *saga) lookAgain(ctx context.Context, failed step, err error) error {
	s.retire(failed.name)
	attempt := s.data.Sent[failed.name]
	s.flow.event(ctx, Event{Kind: EventUnknown, SagaID: s.row.SagaID, State: s.state, Step: failed.name, Attempt: attempt, Err: err})
	if !sleep(ctx, s.flow.backoff(attempt, s.flow.cfg.BackoffMax)) {
		return errStopped
	}
	return s.write(ctx, Recalled)
}
