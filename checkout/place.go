package checkout

import (
	"context"
	"errors"
	"time"

	"tiffin/checkout/journal"
	"tiffin/fault"
	"tiffin/identity"
)

// placing is one placeOrder that has been checked.
type placing struct {
	id           sagaID
	scope, key   string
	fingerprints fingerprints
	request      request
}

// Place places an order, or finds out what became of it: whoever comes first with a key runs the order, everybody else with the same
// key gets the same result. It waits for the end of the order for Config.ReplyWithin, then the order goes on without it and the answer
// is *OrderPending. Errors: UNAUTHENTICATED, BAD_USER_INPUT, IDEMPOTENCY_KEY_REUSED, and ORDER_NOT_STARTED, which promises that
// nothing was written and the same may be sent again.
func (f *Flow) Place(ctx context.Context, in PlaceOrderInput) (PlaceOrderResult, error) {
	who, ok := identity.From(ctx)
	if !ok {
		return nil, unauthenticated()
	}
	if err := checkOrder(in); err != nil {
		return nil, err
	}
	fingerprints, err := f.fingerprints.of(in)
	if err != nil {
		return nil, err
	}
	scope := scopeOf(who, operationPlace)
	ctx, cancel := context.WithTimeout(ctx, f.cfg.ReplyWithin)
	defer cancel()
	return f.place(ctx, placing{sagaIDOf(scope, in.IdempotencyKey), scope, in.IdempotencyKey, fingerprints, newRequest(ctx, who, in)})
}

func (f *Flow) place(ctx context.Context, p placing) (PlaceOrderResult, error) {
	for {
		row, found, err := f.journal.Find(ctx, p.scope, kindPlace, p.key)
		switch {
		case err != nil:
			return nil, notStarted(err)
		case found:
			return f.again(ctx, p, row)
		}
		run, mine, err := f.runs.begin(p.id)
		switch {
		case err != nil:
			return nil, notStarted(err)
		case mine:
			return f.first(ctx, p, run)
		case !closed(ctx, run.done): // the twin of this request is at its reads, or has just written the row
			return f.pending(p.id, true), nil
		}
	}
}

// again answers a repeat.
func (f *Flow) again(ctx context.Context, p placing, row journal.Row) (PlaceOrderResult, error) {
	if !isReconciled(row) && !p.fingerprints.match(row.Fingerprint) {
		return nil, keyReused()
	}
	switch {
	case !f.journal.knows(row):
		return f.pending(p.id, true), nil
	case row.Parked():
		return f.resume(ctx, row)
	default:
		return f.follow(ctx, row, true)
	}
}

// first runs an order that has no row yet. It owns run.
func (f *Flow) first(ctx context.Context, p placing, run *run) (PlaceOrderResult, error) {
	row, ours, err := f.open(ctx, p, run)
	switch {
	case errors.Is(err, errUnacknowledged): // the row may be there, and then the sweep drives it
		return f.pending(p.id, false), nil
	case fault.Is(err, fault.BadUserInput):
		return nil, err
	case err != nil:
		return nil, notStarted(err)
	case ours:
		return f.follow(ctx, row, false)
	default: // another process was faster
		return f.again(ctx, p, row)
	}
}

// open does the reads, writes the row, and lets the order run in a goroutine of its own. It ends run unless that goroutine does.
func (f *Flow) open(ctx context.Context, p placing, run *run) (row journal.Row, ours bool, err error) {
	launched := false
	defer func() {
		if !launched {
			f.runs.end(run, nil)
		}
	}()
	row, err = f.prepare(ctx, p)
	if err != nil {
		return row, false, err
	}
	asked := f.now()
	row, ours, err = f.insert(ctx, row)
	if launched = err == nil && ours && !row.Closed(); launched {
		f.launch(ctx, run, row, asked)
	}
	return row, ours, err
}

// prepare does the reads and makes the first row from what they found: an order on its way, or one that is cancelled before it began,
// so that its repeats agree.
func (f *Flow) prepare(ctx context.Context, p placing) (journal.Row, error) {
	found, refused, err := f.survey(ctx, p.request.Cart)
	if err != nil {
		return journal.Row{}, err
	}
	row := journal.Row{
		SagaID: string(p.id), Kind: kindPlace, Version: rowVersion, Scope: p.scope, Key: p.key, Fingerprint: p.fingerprints[0],
		State: string(Started), Owner: f.owner,
	}
	if refused != nil {
		return f.refusedRow(ctx, p, row, refused)
	}
	if row.Data, err = (data{}).encode(); err != nil {
		return row, err
	}
	if p.request.Total.Currency != found.DeliveryFee.Currency {
		return row, wrongCurrency("input.expectedTotal.currency", found.DeliveryFee.Currency)
	}
	p.request.Found = found
	row.Request, err = p.request.encode()
	return row, err
}

// refusedRow is the row of an order that the reads refuse. Where the order service has it, the journal has lost it: it may be paid, and
// what the reads say now decides nothing about what was begun before. So it is taken up on its way back, which begins with a look at the
// payment.
func (f *Flow) refusedRow(ctx context.Context, p placing, row journal.Row, refused PlacementFailure) (journal.Row, error) {
	ctx, cancel := context.WithTimeout(fault.Anew(ctx), f.cfg.CallTimeout)
	defer cancel()
	_, begun, err := f.orders.Find(ctx, p.id.order())
	if err != nil {
		return row, err
	}
	known := data{}
	if begun {
		row.State, known.Reason, known.Unsure = string(Cancelling), &reason{refused}, writtenTo()
		row.Request, err = p.request.encode()
	} else {
		row.State = string(Cancelled)
		row.Result, err = result{Reason: &reason{refused}}.encode()
	}
	var failed error
	row.Data, failed = known.encode()
	return row, errors.Join(err, failed)
}

// errUnacknowledged: the journal never said whether it has the row.
var errUnacknowledged = errors.New("checkout: the journal did not acknowledge the order")

// insert writes the first row, again until it is acknowledged or ctx ends. Whether the row is ours is its owner's name to tell where
// an acknowledgement was lost. A journal that says for sure that it did not write it, nor ever heard of it before, refuses the order.
func (f *Flow) insert(ctx context.Context, row journal.Row) (stored journal.Row, ours bool, err error) {
	doubtful := false
	for attempt := 1; ; attempt++ {
		stored, inserted, err := f.journal.Insert(ctx, row)
		if err == nil {
			return stored, inserted || (doubtful && stored.Owner == f.owner && same(stored.Fingerprint, row.Fingerprint)), nil
		}
		doubtful = doubtful || !errors.Is(err, journal.ErrNotWritten)
		f.event(ctx, Event{Kind: EventJournalFailed, SagaID: row.SagaID, State: State(row.State), Attempt: attempt, Err: err})
		if !doubtful {
			return row, false, err
		}
		if !sleep(ctx, f.backoff(attempt, f.cfg.BackoffForward)) {
			return row, false, errUnacknowledged
		}
	}
}

// pending is the answer for an order that is on its way.
func (f *Flow) pending(id sagaID, replayed bool) PlaceOrderResult {
	return &OrderPending{id.order(), replayed, int32(f.cfg.PendingRetry / time.Millisecond)} //nolint:gosec // G115: validated, at most a minute
}

// Placement says what became of the caller's Place with this key: the same results, with Replayed set; nil if it never arrived. It
// does not wait for an order that is on its way, but if the customer has just done what the bank wanted, it lets the order go on and
// waits for that like Place does. Errors: UNAUTHENTICATED, BAD_USER_INPUT, SERVICE_UNAVAILABLE when the journal does not answer.
func (f *Flow) Placement(ctx context.Context, key string) (PlaceOrderResult, error) {
	who, ok := identity.From(ctx)
	if !ok {
		return nil, unauthenticated()
	}
	c := &checker{}
	if c.visible("idempotencyKey", key, maxKey); c.fault() != nil {
		return nil, c.fault()
	}
	scope := scopeOf(who, operationPlace)
	id := sagaIDOf(scope, key)
	row, found, err := f.placed(ctx, scope, key)
	switch {
	case err != nil:
		return nil, fault.Unavailable("journal", err)
	case !found && f.runs.find(id) == nil:
		return nil, nil //nolint:nilnil // the schema's null: it never arrived
	case found && !f.journal.knows(row):
		return f.pending(id, true), nil
	case found && row.Closed():
		return answer(row, true)
	case found && row.Parked():
		ctx, cancel := context.WithTimeout(ctx, f.cfg.ReplyWithin)
		defer cancel()
		return f.resume(ctx, row)
	}
	return f.pending(id, true), nil
}

// placed reads the row of a Place; where a journal was lost it is the one that was made of what the services hold.
func (f *Flow) placed(ctx context.Context, scope, key string) (row journal.Row, found bool, err error) {
	row, found, err = f.journal.Find(ctx, scope, kindPlace, key)
	if err == nil && !found {
		row, found, err = f.journal.Find(ctx, scopeReconciled, kindPlace, string(sagaIDOf(scope, key)))
	}
	return row, found, err
}

// closed waits for done, and reports false if ctx ended first.
func closed(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
