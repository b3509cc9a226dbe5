package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
// longer than Config.ReconcileAfter and that nobody drives. Those of which the journal knows nothing (it was lost, or restored from before
// their time) are inserted to be undone, or to be confirmed where the payment was captured; the sweep drives them. Those that the journal
// has settled are brought to the same end where that is safe, and told of where it is not; see differs. Any number of gateways may do so: a
// row that is there stays as it is. It returns nil.
func (f *Flow) Reconcile(ctx context.Context) error {
	told := newTold()
	for {
		wait := f.cfg.ReconcileEvery
		if err := f.reconcile(ctx, told); err != nil && ctx.Err() == nil {
			f.event(ctx, Event{Kind: EventUnknown, Step: "reconcile", Attempt: 1, Err: err})
			wait = reconcileRetry
		}
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// reconcile is one pass. An order that cannot be seen to now leaves the others their turn.
func (f *Flow) reconcile(ctx context.Context, told *told) error {
	before, after := f.now().Add(-f.cfg.ReconcileAfter), ""
	var failed error
	for range reconcilePages {
		page, next, err := f.unsettled(ctx, before, after)
		if err != nil {
			return errors.Join(failed, err)
		}
		failed = errors.Join(failed, f.adopt(ctx, older(page, before), told))
		if next == "" {
			if failed == nil {
				told.forgetOthers()
			}
			return failed
		}
		after = next
	}
	return failed
}

// older are those that have been as they are since before then.
func older(page []orders.Unsettled, then time.Time) []orders.Unsettled {
	return slices.DeleteFunc(page, func(order orders.Unsettled) bool { return !order.Since.Before(then) })
}

func (f *Flow) unsettled(ctx context.Context, before time.Time, after string) ([]orders.Unsettled, string, error) {
	ctx, cancel := context.WithTimeout(fault.Anew(ctx), f.cfg.CallTimeout)
	defer cancel()
	return f.orders.Unsettled(ctx, before, after)
}

// adopt sees to a page of orders that nobody drives.
func (f *Flow) adopt(ctx context.Context, page []orders.Unsettled, told *told) error {
	unknown, settled, failed := f.lookUp(ctx, page)
	var refs []string
	for _, order := range unknown {
		refs = append(refs, order.PaymentRef)
	}
	for _, d := range settled {
		refs = append(refs, d.order.PaymentRef)
	}
	accounts, err := f.accounts(ctx, refs)
	if err != nil {
		return errors.Join(failed, err)
	}
	for _, d := range settled {
		failed = errors.Join(failed, f.differs(ctx, d, accounts[d.order.PaymentRef], told))
	}
	if len(unknown) > 0 && !f.cfg.Promises.Payments.Inquiry {
		return errors.Join(failed, fmt.Errorf("checkout: %d orders are unsettled, and without inquiry nobody can say whether they were paid: see `tiffin orders`", len(unknown)))
	}
	for _, order := range unknown {
		row, err := f.reconciled(order, accounts[order.PaymentRef])
		if err == nil {
			err = f.insertReconciled(ctx, row)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// lookUp finds the rows of orders: some have none, and of some the row is settled. The others have somebody who drives them, or belong to
// another release, whose gateways see to them.
func (f *Flow) lookUp(ctx context.Context, page []orders.Unsettled) (unknown []orders.Unsettled, settled []differing, failed error) {
	for _, order := range page {
		row, found, err := f.journal.Show(ctx, rowOf(order))
		switch {
		case err != nil: // the journal is away: the others would only wait for it, too
			return unknown, settled, err
		case !found:
			unknown = append(unknown, order)
		case row.Closed() && f.journal.knows(row):
			settled = append(settled, differing{order, row})
		}
	}
	return unknown, settled, failed
}

// rowOf is the id of the row that an unsettled order is about: of its placing, or of what calls it off.
func rowOf(order orders.Unsettled) string {
	if order.RecallRef != "" {
		return order.RecallRef
	}
	return strings.TrimPrefix(order.ID, storefront.OrderPrefix)
}

// accounts are payments by their references; none without inquiry.
func (f *Flow) accounts(ctx context.Context, refs []string) (map[string]*payments.Payment, error) {
	if len(refs) == 0 || !f.cfg.Promises.Payments.Inquiry {
		return nil, nil //nolint:nilnil // nothing is known of any
	}
	ctx, cancel := context.WithTimeout(fault.Anew(ctx), f.cfg.CallTimeout)
	defer cancel()
	return f.payments.ByReferences(ctx, refs)
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
	request := request{Customer: customerOf(order), Total: order.Total}
	row := journal.Row{Kind: kindPlace, SagaID: rowOf(order)}
	var data data
	switch {
	case order.RecallRef != "":
		row.Kind, row.State = kindCancel, string(Recalled)
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

func customerOf(order orders.Unsettled) customer {
	issuer, subject, _ := strings.Cut(order.CustomerID, "#") // identity.Principal.ID
	return customer{Issuer: issuer, Subject: subject}
}

// isReconciled: the row was made from what the services hold, so nobody knows what the request was. Whoever derives its id has the key.
func isReconciled(row journal.Row) bool { return row.Scope == scopeReconciled && row.Fingerprint == "" }
