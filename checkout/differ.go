package checkout

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tiffin/backends/delivery"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/checkout/journal"
	"tiffin/fault"
)

// differing is an order that the order service holds unsettled and of which the journal has the end: it lost what it had acknowledged, or
// a call arrived at it after the end.
type differing struct {
	order orders.Unsettled
	row   journal.Row
}

// forPeople is why no machine may settle an order.
type forPeople struct{ why string }

func (e *forPeople) Error() string { return e.why }

func leftTo(format string, args ...any) error { return &forPeople{fmt.Sprintf(format, args...)} }

// differs brings an order to the end that its row has, or tells of it, once.
//
// The decision is the row's, which was written before anybody acted on it and is never changed, so this needs no row of its own: it is the
// last call of the saga, made once more, by reference. No money is moved. It is left to people where money, or the driver, says something
// else than the row: then more was lost than the order service's word.
//
// No clock decides it. The row was closed only after the order service had acknowledged the end, so an order that it holds unsettled
// afterwards, when it is asked once more, is not one that was settled while its page was read; and nobody drives what is closed.
func (f *Flow) differs(ctx context.Context, d differing, payment *payments.Payment, told *told) error {
	ctx, cancel := context.WithTimeout(fault.Anew(customerOf(d.order).as(ctx)), f.cfg.CallTimeout)
	defer cancel()
	event := Event{SagaID: d.row.SagaID, State: State(d.row.State)}
	var err error
	event.Step, err = f.endAgain(ctx, d, payment)
	_, refused := fault.AsRefused(err)
	switch people := new(forPeople); {
	case err == nil && event.Step == "": // settled meanwhile
		return nil
	case err == nil:
		event.Kind, event.Attempt = EventReapplied, 1
		f.changed(ctx, Change{OrderID: d.order.ID, PaymentRef: d.order.PaymentRef, CustomerID: d.order.CustomerID})
	case !refused && !errors.As(err, &people):
		return fmt.Errorf("checkout: bringing order %s to its end, %s: %w", d.order.ID, d.row.State, err)
	case told.before(d.order.ID):
		return nil
	default:
		event.Kind, event.Step = EventContradicted, ""
		event.Err = fmt.Errorf("checkout: the order service holds order %s unsettled since %v, and the journal has it %s: %w", d.order.ID, d.order.Since.UTC(), d.row.State, err)
	}
	f.event(ctx, event)
	return nil
}

// endAgain makes the last call of the order's saga once more, and returns its step; none where the order is not unsettled any more.
func (f *Flow) endAgain(ctx context.Context, d differing, payment *payments.Payment) (step string, err error) {
	if open, err := f.stillUnsettled(ctx, d.order); !open || err != nil {
		return "", err
	}
	step, end, err := f.ending(ctx, d, payment)
	if err != nil {
		return "", err
	}
	if err := end(ctx, f.keyAgain(d, step)); err != nil {
		return "", err
	}
	open, err := f.stillUnsettled(ctx, d.order)
	if open {
		err = leftTo("it acknowledged %s, and holds the order as it was", step)
	}
	return step, err
}

// keyAgain is another key than the saga's, under which a service that knows it would only repeat its answer. It is the same for all who
// find the order in the state that it is in.
func (f *Flow) keyAgain(d differing, step string) string {
	if f.cfg.Promises.Orders.KeyTTL == 0 {
		return ""
	}
	return sagaID(d.row.SagaID).key(step) + ":again-" + strconv.FormatInt(d.order.Since.UnixMicro(), 36)
}

// stillUnsettled asks whether the order is as the list had it.
func (f *Flow) stillUnsettled(ctx context.Context, order orders.Unsettled) (bool, error) {
	if !f.cfg.Promises.Orders.Inquiry {
		return true, leftTo("it cannot be asked whether it still does")
	}
	now, found, err := f.orders.Find(ctx, order.ID)
	status := orders.OrderStatusPending
	if order.RecallRef != "" {
		status = orders.OrderStatusCancelling
	}
	return found && now.Status == status, err
}

// ending is the call that ends an order as its row says.
func (f *Flow) ending(ctx context.Context, d differing, payment *payments.Payment) (step string, end call, err error) {
	r, err := decodeResult(d.row.Result)
	learnt, failed := decodeData(d.row.Data)
	if err := errors.Join(err, failed); err != nil {
		return "", nil, leftTo("its row cannot be read: %v", err)
	}
	cancel := func(reason string) call {
		return func(ctx context.Context, key string) error { return f.orders.Cancel(ctx, key, d.order.ID, reason) }
	}
	place, state := d.row.Kind == kindPlace, State(d.row.State)
	switch {
	case !f.cfg.Promises.Payments.Inquiry:
		return "", nil, leftTo("payments cannot be asked what was paid")
	case place && d.order.PaymentRef != d.row.SagaID, !place && d.order.ID != learnt.OrderID:
		return "", nil, leftTo("the row is about another order or payment")
	case place && state == Confirmed:
		return "confirm", func(ctx context.Context, key string) error { return f.orders.Confirm(ctx, key, d.order.ID) }, f.confirmable(ctx, d, r, payment)
	case place && state == Cancelled && r.Reason != nil:
		if payment != nil && holdsMoney(*payment) {
			err = leftTo("payments hold money for it: captured %v, given back %v, status %s", payment.Captured, payment.Refunded, payment.Status)
		}
		return "order-undo", cancel(r.Reason.name()), err
	case !place && state == Cancelled:
		if payment == nil || payment.Captured.Minor == 0 || payment.Captured != payment.Refunded {
			err = leftTo("its payment was not given back in full")
		}
		return "order-undo", cancel("CancelledByCustomer"), err
	default:
		return "", nil, leftTo("that is no end to bring it to")
	}
}

// confirmable refuses to confirm what was not paid exactly, and what is on its way to the customer or there: the kitchen would cook it
// once more.
func (f *Flow) confirmable(ctx context.Context, d differing, r result, payment *payments.Payment) error {
	switch {
	case r.Total == nil || *r.Total != d.order.Total:
		return leftTo("its total is another one")
	case payment == nil || payment.Captured != d.order.Total || payment.Refunded.Minor != 0:
		return leftTo("its payment is not captured in full, or was given back")
	case !f.cfg.Promises.Delivery.Inquiry:
		return leftTo("the delivery service cannot be asked how far it is")
	}
	deliveries, err := f.delivery.ByOrders(ctx, []string{d.order.ID})
	if err != nil {
		return err
	}
	if found := deliveries[d.order.ID]; found == nil || found.Status != delivery.DeliveryStatusAssigned {
		return leftTo("no driver waits for it any more, so it may be cooked already")
	}
	return nil
}
