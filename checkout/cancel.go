package checkout

import (
	"context"
	"errors"

	"tiffin/backends/orders"
	"tiffin/checkout/journal"
	"tiffin/fault"
	"tiffin/identity"
)

// calling is one cancelOrder that has been checked.
type calling struct {
	id           sagaID
	scope, key   string
	orderID      string
	fingerprints fingerprints
}

// Cancel calls a confirmed order off while the kitchen has not started, or finds out what became of that: whoever comes first with a key
// runs it, everybody else with the same key gets the same result. It waits like Place does. An order of somebody else's is as if it did
// not exist. Errors: UNAUTHENTICATED, BAD_USER_INPUT, IDEMPOTENCY_KEY_REUSED, and ORDER_NOT_STARTED, which promises that nothing was
// written and the same may be sent again.
func (f *Flow) Cancel(ctx context.Context, in CancelOrderInput) (CancelOrderResult, error) {
	who, ok := identity.From(ctx)
	if !ok {
		return nil, unauthenticated()
	}
	if err := checkCancel(in); err != nil {
		return nil, err
	}
	prints, err := f.fingerprints.ofAny(cancelPrint{in.OrderID})
	if err != nil {
		return nil, err
	}
	scope := scopeOf(who, operationCancel)
	ctx, cancel := context.WithTimeout(ctx, f.cfg.ReplyWithin)
	defer cancel()
	return f.cancel(ctx, calling{sagaIDOf(scope, in.IdempotencyKey), scope, in.IdempotencyKey, in.OrderID, prints})
}

// cancelPrint is what a repeat must have in common with the first request.
type cancelPrint struct {
	OrderID string `json:"orderId"`
}

func checkCancel(in CancelOrderInput) error {
	c := &checker{}
	c.visible("input.idempotencyKey", in.IdempotencyKey, maxKey)
	c.visible("input.orderId", in.OrderID, maxID)
	return c.fault()
}

func (f *Flow) cancel(ctx context.Context, c calling) (CancelOrderResult, error) {
	for {
		row, found, err := f.journal.Find(ctx, c.scope, kindCancel, c.key)
		switch {
		case err != nil:
			return nil, notCancelled(err)
		case found:
			return f.cancelAgain(ctx, c, row)
		}
		run, mine, err := f.runs.begin(c.id)
		switch {
		case err != nil:
			return nil, notCancelled(err)
		case mine:
			return f.cancelFirst(ctx, c, run)
		case !closed(ctx, run.done): // the twin of this request is at its read, or has just written the row
			return f.cancelPending(c.orderID, true), nil
		}
	}
}

// cancelAgain answers a repeat.
func (f *Flow) cancelAgain(ctx context.Context, c calling, row journal.Row) (CancelOrderResult, error) {
	if !isReconciled(row) && !c.fingerprints.match(row.Fingerprint) {
		return nil, keyReused()
	}
	if !f.journal.knows(row) {
		return f.cancelPending(c.orderID, true), nil
	}
	return f.cancelFollow(ctx, c.orderID, row, true)
}

// cancelFollow waits until the cancellation is settled, but not longer than ctx.
func (f *Flow) cancelFollow(ctx context.Context, orderID string, row journal.Row, replayed bool) (CancelOrderResult, error) {
	for !row.Closed() {
		next, ok := f.progress(ctx, row)
		if !ok {
			return f.cancelPending(orderID, replayed), nil
		}
		row = next
	}
	return cancelAnswer(orderID, row, replayed)
}

// cancelFirst runs a cancellation that has no row yet. It owns run.
func (f *Flow) cancelFirst(ctx context.Context, c calling, run *run) (CancelOrderResult, error) {
	row, refused, ours, err := f.cancelOpen(ctx, c, run)
	switch {
	case errors.Is(err, errUnacknowledged): // the row may be there, and then the sweep drives it
		return f.cancelPending(c.orderID, false), nil
	case err != nil:
		return nil, notCancelled(err)
	case refused != nil:
		return &CancellationRefused{OrderID: c.orderID, Reason: refused}, nil
	case ours:
		return f.cancelFollow(ctx, c.orderID, row, false)
	default: // another process was faster
		return f.cancelAgain(ctx, c, row)
	}
}

// cancelOpen reads the order, writes the row, and lets the cancellation run in a goroutine of its own. It ends run unless that goroutine
// does. A refusal that the read tells is not written down: nothing was done, and the same key may be used again.
func (f *Flow) cancelOpen(ctx context.Context, c calling, run *run) (row journal.Row, refused CancellationFailure, ours bool, err error) {
	launched := false
	defer func() {
		if !launched {
			f.runs.end(run, nil)
		}
	}()
	order, refused, err := f.cancellable(ctx, c.orderID)
	if refused != nil || err != nil {
		return row, refused, false, err
	}
	if row, err = f.cancelRow(ctx, c, order); err != nil {
		return row, nil, false, err
	}
	asked := f.now()
	row, ours, err = f.insert(ctx, row)
	if launched = err == nil && ours && !row.Closed(); launched {
		f.launch(ctx, run, row, asked)
	}
	return row, nil, ours, err
}

// cancellable reads the caller's order, and says why it cannot be cancelled where that is known without asking the kitchen. Support
// staff may see everybody's orders, but only their owners call them off.
func (f *Flow) cancellable(ctx context.Context, id string) (*orders.Order, CancellationFailure, error) {
	ctx, cancel := context.WithTimeout(fault.Anew(ctx), f.cfg.CallTimeout)
	defer cancel()
	found, err := f.orders.ByIDs(ctx, []string{id})
	if err != nil {
		return nil, nil, err
	}
	who, _ := identity.From(ctx) // Cancel has asked
	order := found[id]
	switch {
	case order == nil || order.CustomerID != who.ID():
		return nil, orderNotFound(), nil
	case order.Status == orders.OrderStatusPending:
		return nil, stillBeingPlaced(), nil
	}
	return order, nil, nil
}

func (f *Flow) cancelRow(ctx context.Context, c calling, order *orders.Order) (journal.Row, error) {
	who, _ := identity.From(ctx)
	request := request{
		Customer: newCustomer(ctx, who), Total: order.Total,
		Cancels: &cancels{OrderID: order.ID, PaymentRef: order.PaymentRef}, Cart: cart{RestaurantID: order.RestaurantID},
	}
	for _, l := range order.Lines { // to say whose stock has changed
		request.Cart.Lines = append(request.Cart.Lines, line{ItemID: l.ItemID})
	}
	row := journal.Row{
		SagaID: string(c.id), Kind: kindCancel, Version: rowVersion, Scope: c.scope, Key: c.key, Fingerprint: c.fingerprints[0],
		State: string(Started), Owner: f.owner,
	}
	var err, failed error
	row.Data, err = data{OrderID: order.ID}.encode()
	row.Request, failed = request.encode()
	return row, errors.Join(err, failed)
}

// cancelPending is the answer for a cancellation that is on its way.
func (f *Flow) cancelPending(orderID string, replayed bool) CancelOrderResult {
	return &CancellationPending{orderID, replayed, int32(f.cfg.PendingRetry.Milliseconds())} //nolint:gosec // G115: validated, at most a minute
}

// notCancelled: nothing was written anywhere.
func notCancelled(cause error) error {
	err := notStarted(cause)
	if e := new(fault.Error); errors.As(err, &e) {
		e.Message = "The cancellation was not started. It is safe to send it again with the same idempotency key."
	}
	return err
}
