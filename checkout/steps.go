package checkout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"tiffin/backends/delivery"
	"tiffin/backends/payments"
)

func (s *saga) createOrder(ctx context.Context, key string) error {
	return s.flow.orders.Create(ctx, key, s.request.newOrder(s.id))
}

func (s *saga) reserveStock(ctx context.Context, key string) error {
	return s.flow.inventory.Reserve(ctx, key, s.request.reservation(s.id))
}

func (s *saga) authorizePayment(ctx context.Context, key string) error {
	payment, err := s.flow.payments.Authorize(ctx, key, s.request.authorization(s.id))
	if err != nil {
		return err
	}
	s.data.AuthorizationID = payment.AuthorizationID
	switch {
	case payment.Status == payments.PaymentStatusAuthorized:
		return nil
	case payment.Status == payments.PaymentStatusActionRequired && payment.Action != nil:
		return s.mustAct(payment)
	default:
		return fmt.Errorf("payments: an authorization in status %s", payment.Status)
	}
}

// mustAct notes what the bank wants of the customer.
func (s *saga) mustAct(payment payments.Payment) error {
	if payment.Action == nil {
		return errors.New("payments: an action is required, and not said which")
	}
	s.data.Action = s.flow.action(*payment.Action)
	return errAwaitCustomer
}

// action bounds how long the customer has: the bank's time, and ours.
func (f *Flow) action(required payments.RequiredAction) *action {
	ours := f.now().Add(f.cfg.ActionExpiry)
	if required.ExpiresAt.IsZero() || required.ExpiresAt.After(ours) {
		required.ExpiresAt = ours
	}
	return &action{URL: required.URL, ExpiresAt: required.ExpiresAt.UTC()}
}

// inquirePayment asks what became of the customer's action. It is a read, so it takes no key.
func (s *saga) inquirePayment(ctx context.Context, _ string) error {
	payment, found, err := s.flow.payments.Inquire(ctx, s.id.payment())
	if err != nil {
		return err
	}
	switch {
	case !found || payment.Status == payments.PaymentStatusDeclined || payment.Status == payments.PaymentStatusVoided:
		return errActionExpired
	case payment.Status == payments.PaymentStatusAuthorized, wasCaptured(payment):
		s.data.AuthorizationID = cmp.Or(payment.AuthorizationID, s.data.AuthorizationID) // there is none before the customer has acted
		return nil
	case payment.Status != payments.PaymentStatusActionRequired:
		return fmt.Errorf("payments: a payment in status %s while the customer acts", payment.Status)
	case s.expired():
		return errActionExpired
	default:
		return errAwaitCustomer
	}
}

// wasCaptured reports whether an earlier run of this order, whose row was lost with its journal, has got as far as the capture. It is to be
// run on: the calls to come have the keys of those that were made, and so their answers. To undo it would take a driver from somebody who
// has paid, and then wait for ever for a hold that is none any more.
func wasCaptured(payment payments.Payment) bool {
	return payment.Status == payments.PaymentStatusCaptured || payment.Status == payments.PaymentStatusRefunded
}

// expired reports whether the customer's time is over.
func (s *saga) expired() bool {
	return s.data.Action != nil && !s.flow.now().Before(s.data.Action.ExpiresAt)
}

// errSearching: the delivery service took the order and has no driver yet. It is as good as no answer: ask again.
var errSearching = errors.New("delivery: still looking for a driver")

// assignDriver asks for a driver and, once the service has taken the order, whether it has found one: repeating the call would only
// repeat its first answer.
func (s *saga) assignDriver(ctx context.Context, key string) error {
	if s.searching {
		return s.awaitDriver(ctx)
	}
	d, err := s.flow.delivery.Assign(ctx, key, s.request.assignment(s.id))
	if err != nil {
		return err
	}
	return s.assigned(d)
}

func (s *saga) awaitDriver(ctx context.Context) error {
	deliveries, err := s.flow.delivery.ByOrders(ctx, []string{s.id.order()})
	if err != nil {
		return err
	}
	if d := deliveries[s.id.order()]; d != nil {
		return s.assigned(*d)
	}
	return errSearching
}

func (s *saga) assigned(d delivery.Delivery) error {
	switch d.Status {
	case delivery.DeliveryStatusAssigned, delivery.DeliveryStatusPickedUp, delivery.DeliveryStatusDelivered:
		s.searching = false
		if d.Driver != nil {
			s.data.DriverID = d.Driver.ID
		}
		return nil
	default:
		s.searching = true
		return errSearching
	}
}

func (s *saga) capturePayment(ctx context.Context, key string) error {
	return s.flow.payments.Capture(ctx, key, s.id.payment(), s.request.Total)
}

func (s *saga) confirmOrder(ctx context.Context, key string) error {
	return s.flow.orders.Confirm(ctx, key, s.id.order())
}

// errPaid: the payment was captured before the order was undone.
var errPaid = errors.New("the payment was captured")

// lookForPayment asks, before anything of an order is undone, whether it was paid all the same; not where the payment is what failed. It
// is a read, so it takes no key.
func (s *saga) lookForPayment(ctx context.Context, _ string) error {
	switch s.data.Reason.PlacementFailure.(type) {
	case *PaymentDeclined, *ActionExpired:
		return nil
	}
	if !s.flow.cfg.Promises.Payments.Inquiry {
		return nil
	}
	payment, found, err := s.flow.payments.Inquire(ctx, s.paymentRef())
	switch {
	case err != nil:
		return err
	case !found || payment.Captured.Minor == 0:
		return nil
	case payment.Captured == s.request.Total:
		return errPaid
	default: // neither what we would have asked for nor nothing: no machine may decide that
		return fmt.Errorf("payments: captured %v in status %s of a total of %v", payment.Captured, payment.Status, s.request.Total)
	}
}

func (s *saga) cancelDriver(ctx context.Context, key string) error {
	return s.flow.delivery.Cancel(ctx, key, s.orderID())
}

func (s *saga) voidPayment(ctx context.Context, key string) error {
	return s.flow.payments.Void(ctx, key, s.id.payment())
}

func (s *saga) releaseStock(ctx context.Context, key string) error {
	return s.flow.inventory.Release(ctx, key, s.orderID())
}

func (s *saga) cancelOrder(ctx context.Context, key string) error {
	return s.flow.orders.Cancel(ctx, key, s.orderID(), s.cause())
}

// action is what the bank wants of the customer.
type action struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}
