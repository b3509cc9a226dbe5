package checkout

import (
	"context"
	"errors"
	"fmt"

	"tiffin/backends/orders"
)

// recallOrder takes the order out of the kitchen's hands, under this saga's name.
func (s *saga) recallOrder(ctx context.Context, key string) error {
	return s.flow.orders.Recall(ctx, key, s.orderID(), string(s.id))
}

// cancelRefused says why the order service did not let go of the order.
func cancelRefused(err error) CancellationFailure {
	recalled := new(orders.RecalledError)
	late := new(orders.KitchenStartedError)
	switch {
	case errors.As(err, &recalled):
		return alreadyCancelled()
	case errors.As(err, &late):
		return tooLate()
	default: // the read that came before the row has seen it confirmed: it was lost since
		return orderNotFound()
	}
}

// askOwed finds out how much there is to be given back: all that was captured and not given back before. It is a read, so it takes no
// key. What it finds is persisted before any of it is given back.
//
// Without inquiry it is the order's total: nobody can say that something was given back before.
func (s *saga) askOwed(ctx context.Context, _ string) error {
	if !s.flow.cfg.Promises.Payments.Inquiry {
		s.data.Captured, s.data.Owed = &s.request.Total, &s.request.Total
		return nil
	}
	payment, found, err := s.flow.payments.Inquire(ctx, s.paymentRef())
	switch {
	case err != nil:
		return err
	case !found || payment.Captured.Minor == 0:
		return fmt.Errorf("payments: nothing was captured for an order that was confirmed (status %s)", payment.Status)
	}
	owed := payment.Captured
	owed.Minor -= payment.Refunded.Minor
	s.data.Captured, s.data.Owed = &payment.Captured, &owed
	return nil
}

// refundPayment gives back what is owed; nothing, where somebody has given it back before.
func (s *saga) refundPayment(ctx context.Context, key string) error {
	if s.data.Owed.Minor <= 0 {
		return nil
	}
	return s.flow.payments.Refund(ctx, key, s.paymentRef(), *s.data.Owed)
}
