package checkout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/checkout/journal"
	"tiffin/fault"
	"tiffin/internal/storefront"
)

// scopeReconciled stands in rows that were made from what the services hold: whose key it was is not known, only what was derived from it.
const scopeReconciled = "reconciled"

// The bounds of one pass: how many pages of unsettled orders are read, and after how long one that failed is tried again.
const (
	reconcilePages = 50
	reconcileRetry = time.Minute
)

// Reconcile looks, at once and then every Config.ReconcileEvery until ctx ends, for orders that the order service has held unsettled for
// longer than Config.ReconcileAfter and of which the journal knows nothing: it was lost, or restored from before their time. They are
// inserted to be undone, or to be confirmed where the payment was captured; the sweep drives them. Any number of gateways may do so: a row
// that is there stays as it is. It returns nil.
func (f *Flow) Reconcile(ctx context.Context) error {
	for {
		wait := f.cfg.ReconcileEvery
		if err := f.reconcile(ctx); err != nil && ctx.Err() == nil {
			f.event(ctx, Event{Kind: EventUnknown, Step: "reconcile", Attempt: 1, Err: err})
			wait = reconcileRetry
		}
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// reconcile is one pass. An order that cannot be inserted now leaves the others their turn.
func (f *Flow) reconcile(ctx context.Context) error {
	before, after := f.now().Add(-f.cfg.ReconcileAfter), ""
	var failed error
	for range reconcilePages {
		page, next, err := f.unsettled(ctx, before, after)
		if err != nil {
			return errors.Join(failed, err)
		}
		failed = errors.Join(failed, f.adopt(ctx, page, before))
		if next == "" {
			return failed
		}
		after = next
	}
	return failed
}

func (f *Flow) unsettled(ctx context.Context, before time.Time, after string) ([]orders.Unsettled, string, error) {
	ctx, cancel := context.WithTimeout(fault.Anew(ctx), f.cfg.CallTimeout)
	defer cancel()
	return f.orders.Unsettled(ctx, before, after)
}

// adopt inserts a page of orders.
func (f *Flow) adopt(ctx context.Context, page []orders.Unsettled, before time.Time) error {
	var old []orders.Unsettled
	var refs []string
	for _, order := range page {
		if order.Since.Before(before) {
			old, refs = append(old, order), append(refs, order.PaymentRef)
		}
	}
	if len(old) == 0 {
		return nil
	}
	if !f.cfg.Promises.Payments.Inquiry {
		return fmt.Errorf("checkout: %d orders are unsettled, and without inquiry nobody can say whether they were paid: see `tiffin orders`", len(old))
	}
	ctx, cancel := context.WithTimeout(fault.Anew(ctx), f.cfg.CallTimeout)
	defer cancel()
	accounts, err := f.payments.ByReferences(ctx, refs)
	if err != nil {
		return err
	}
	for _, order := range old {
		row, failed := f.reconciled(order, accounts[order.PaymentRef])
		if failed == nil {
			failed = f.insertReconciled(ctx, row)
		}
		err = errors.Join(err, failed)
	}
	return err
}

func (f *Flow) insertReconciled(ctx context.Context, row journal.Row) error {
	_, inserted, err := f.journal.Insert(ctx, row)
	if inserted {
		f.event(ctx, Event{Kind: EventReconciled, SagaID: row.SagaID, State: State(row.State)})
	}
	return err
}

// isOurs says whether a name has the form of a saga's id: orders and recalls of other names are somebody else's to settle.
func isOurs(name string) bool {
	foreign := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '2' || r > '7') }
	return len(name) == sagaIDLength && !strings.ContainsFunc(name, foreign)
}

// reconciled is the row of an order that the journal may not know. The request holds what an undo, a confirm or a refund needs, which is
// all that can still come.
func (f *Flow) reconciled(order orders.Unsettled, payment *payments.Payment) (journal.Row, error) {
	issuer, subject, _ := strings.Cut(order.CustomerID, "#") // identity.Principal.ID
	request := request{Customer: customer{Issuer: issuer, Subject: subject}, Total: order.Total}
	row := journal.Row{Kind: kindPlace, SagaID: strings.TrimPrefix(order.ID, storefront.OrderPrefix)}
	var data data
	switch {
	case order.RecallRef != "":
		row.Kind, row.SagaID, row.State = kindCancel, order.RecallRef, string(Recalled)
		request.Cancels, data.OrderID = &cancels{order.ID, order.PaymentRef}, order.ID
	case order.PaymentRef != row.SagaID:
		return row, fmt.Errorf("checkout: order %s is unsettled, and its payment is none of ours", order.ID)
	case payment == nil || payment.Captured.Minor == 0:
		row.State, data.Reason = string(Cancelling), &reason{timedOut()}
	case payment.Captured == order.Total && payment.Refunded.Minor == 0:
		row.State = string(Captured)
	default:
		return row, fmt.Errorf("checkout: order %s is unsettled, and of its total %v %v was captured and %v given back", order.ID, order.Total, payment.Captured, payment.Refunded)
	}
	if !isOurs(row.SagaID) {
		return row, fmt.Errorf("checkout: order %s is unsettled, and its name is none of ours", order.ID)
	}
	row.Version, row.Scope, row.Key, row.Owner = rowVersion, scopeReconciled, row.SagaID, f.owner
	var err, failed error
	row.Request, err = request.encode()
	row.Data, failed = data.encode()
	return row, errors.Join(err, failed)
}

// isReconciled: the row was made from what the services hold, so nobody knows what the request was. Whoever derives its id has the key.
func isReconciled(row journal.Row) bool { return row.Scope == scopeReconciled && row.Fingerprint == "" }
