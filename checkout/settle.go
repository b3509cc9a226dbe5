package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
)

// doubts notes that a call to a service may still be on its way.
func (s *saga) doubts(service string) {
	if !slices.Contains(s.data.Unsure, service) {
		s.data.Unsure = append(slices.Clone(s.data.Unsure), service)
	}
}

// doubtAll notes it for whatever an earlier process may have called: the steps up to the next state that the journal holds.
func (s *saga) doubtAll() {
	from := State(s.row.State)
	for _, step := range s.steps() {
		if step.from != from {
			continue
		}
		if step.effect != reads {
			s.doubts(step.service)
		}
		if from = step.to; step.written == kept {
			return
		}
	}
}

// errQuiet: nothing is held, for not long enough yet.
var errQuiet = errors.New("undone; waiting until no earlier call can arrive any more")

// settle is the end of an undo. A service that leaves tombstones has said with its answer that nothing will come. Of one that does not,
// and of whose calls one may still be on its way, two inquiries max_in_flight apart must agree that nothing is held; without inquiry it
// is undone once more after that time. A call that did arrive is undone, and the time begins anew.
func (s *saga) settle(ctx context.Context, _ string) error {
	for _, service := range s.data.Unsure {
		promises := s.flow.cfg.Promises.of(service)
		if promises.Tombstones || s.silent[service] {
			continue
		}
		if err := s.quieten(ctx, service, promises); err != nil {
			return err
		}
		s.silent[service] = true
	}
	return nil
}

func (s *saga) quieten(ctx context.Context, service string, promises Promises) error {
	now := s.flow.now()
	since, watched := s.quiet[service]
	over := watched && !now.Before(since.Add(promises.MaxInFlight))
	if promises.Inquiry {
		held, err := s.held(ctx, service)
		if err != nil {
			return err
		}
		if held {
			delete(s.quiet, service)
			return errors.Join(errQuiet, s.undoAgain(ctx, service))
		}
	}
	switch {
	case !watched:
		s.quiet[service] = now
		return errQuiet
	case !over:
		return errQuiet
	case promises.Inquiry:
		return nil
	default:
		return s.undoAgain(ctx, service)
	}
}

// held asks whether the service holds anything for the order.
func (s *saga) held(ctx context.Context, service string) (bool, error) {
	switch service {
	case orders.Service:
		order, found, err := s.flow.orders.Find(ctx, s.orderID())
		return found && order.Status != orders.OrderStatusCancelled, err
	case inventory.Service:
		return s.flow.inventory.Holds(ctx, s.orderID())
	case payments.Service:
		payment, found, err := s.flow.payments.Inquire(ctx, s.paymentRef())
		return found && holdsMoney(payment), err
	default:
		deliveries, err := s.flow.delivery.ByOrders(ctx, []string{s.orderID()})
		d := deliveries[s.orderID()]
		return d != nil && d.Status != delivery.DeliveryStatusCancelled, err
	}
}

// holdsMoney reports whether there is a hold, or money that was not given back.
func holdsMoney(p payments.Payment) bool {
	open := p.Status == payments.PaymentStatusAuthorized || p.Status == payments.PaymentStatusActionRequired || p.Status == payments.PaymentStatusPending
	return open || p.Captured.Minor > p.Refunded.Minor
}

// undoAgain undoes what a service holds, with a key of its own: under the first one it would only repeat its answer. The key is persisted
// first, for the same reason.
func (s *saga) undoAgain(ctx context.Context, service string) error {
	for _, step := range s.steps() {
		if step.service != service || !step.undoes {
			continue
		}
		s.retire(step.name)
		if err := s.keep(ctx); err != nil {
			return err
		}
		delete(s.sent, step.name)
		return s.send(ctx, step)
	}
	return fmt.Errorf("no step undoes what %s holds", service)
}
