package checkout

import (
	"context"
	"errors"
	"time"

	"tiffin/backends/payments"
	"tiffin/checkout/journal"
	"tiffin/fault"
)

// pollEvery is how often the journal is read for the end of an order that another process drives.
const pollEvery = 100 * time.Millisecond

// follow waits until the order is settled or waits for its customer, but not longer than ctx.
func (f *Flow) follow(ctx context.Context, row journal.Row, replayed bool) (PlaceOrderResult, error) {
	for !row.Closed() && !row.Parked() {
		next, ok := f.progress(ctx, row)
		if !ok {
			return f.pending(sagaID(row.SagaID), replayed), nil
		}
		row = next
	}
	return answer(row, replayed)
}

// progress waits for news of an open row; false means that ctx ended first. The order may have ended between any two looks, so the
// journal is read before there is a pause.
func (f *Flow) progress(ctx context.Context, row journal.Row) (journal.Row, bool) {
	run := f.runs.find(sagaID(row.SagaID))
	if run != nil {
		if !closed(ctx, run.done) {
			return row, false
		}
		if run.left != nil {
			return *run.left, true
		}
	}
	news, found, err := f.journal.Find(ctx, row.Scope, row.Kind, row.Key)
	if err == nil && found {
		row = news
	}
	if open := !row.Closed() && !row.Parked(); open && run == nil {
		return row, sleep(ctx, pollEvery)
	}
	return row, true
}

// resume answers for an order that waits for its customer: the same again, or what came of it since.
func (f *Flow) resume(ctx context.Context, row journal.Row) (PlaceOrderResult, error) {
	waiting, err := f.stillWaiting(ctx, row)
	if err == nil && !waiting {
		row, err = f.wake(ctx, row)
	}
	if err != nil { // not known at this moment: neither send the customer to the bank again, nor say that it is over
		f.event(ctx, Event{Kind: EventUnknown, SagaID: row.SagaID, State: State(row.State), Step: "inquire", Attempt: 1, Err: err})
		return f.pending(sagaID(row.SagaID), true), nil //nolint:nilerr // said in the event
	}
	return f.follow(ctx, row, true)
}

// stillWaiting asks the bank whether the customer has still to act. It only reads, so that any number of clients may ask.
func (f *Flow) stillWaiting(ctx context.Context, row journal.Row) (bool, error) {
	if !f.now().Before(row.Due) {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(fault.Anew(ctx), f.cfg.CallTimeout)
	defer cancel()
	payment, found, err := f.payments.Inquire(ctx, sagaID(row.SagaID).payment())
	return found && payment.Status == payments.PaymentStatusActionRequired, err
}

// wake takes the parked row and drives it on. It returns the row to follow.
func (f *Flow) wake(ctx context.Context, row journal.Row) (journal.Row, error) {
	run, mine, err := f.runs.begin(sagaID(row.SagaID))
	if err != nil {
		return row, err
	}
	if mine {
		asked := f.now()
		taken, err := f.journal.Take(ctx, row.SagaID, row.Epoch, f.owner)
		if err == nil {
			f.launch(ctx, run, taken, asked)
			return taken, nil
		}
		f.runs.end(run, nil)
		if !errors.Is(err, journal.ErrFenced) {
			return row, err
		}
	}
	row.Due = time.Time{} // somebody else woke it
	return row, nil
}
