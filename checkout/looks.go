package checkout

import (
	"context"
	"fmt"

	"tiffin/backends/delivery"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/fault"
)

// undone is the refusal that a service would give: what the step wants was undone before.
func undone(service string) error {
	return &fault.Refused{Service: service, Reason: "undone", Detail: "found by inquiry"}
}

func (s *saga) lookForOrder(ctx context.Context) (bool, error) {
	order, found, err := s.flow.orders.Find(ctx, s.id.order())
	if err == nil && found && order.Status == orders.OrderStatusCancelled {
		err = undone(orders.Service)
	}
	return found, err
}

func (s *saga) lookForStock(ctx context.Context) (bool, error) {
	return s.flow.inventory.Holds(ctx, s.id.order())
}

func (s *saga) lookForAuthorization(ctx context.Context) (bool, error) {
	payment, found, err := s.flow.payments.Inquire(ctx, s.id.payment())
	if err != nil || !found {
		return false, err
	}
	s.data.AuthorizationID = payment.AuthorizationID
	switch payment.Status {
	case payments.PaymentStatusAuthorized:
		return true, nil
	case payments.PaymentStatusActionRequired:
		return true, s.mustAct(payment)
	case payments.PaymentStatusDeclined:
		return true, &payments.DeclinedError{Refused: &fault.Refused{Service: payments.Service, Reason: "DECLINED", Detail: "found by inquiry"}}
	case payments.PaymentStatusVoided:
		return true, undone(payments.Service)
	default:
		return false, fmt.Errorf("payments: a payment in status %s while it is authorized", payment.Status)
	}
}

func (s *saga) lookForDriver(ctx context.Context) (bool, error) {
	deliveries, err := s.flow.delivery.ByOrders(ctx, []string{s.id.order()})
	d := deliveries[s.id.order()]
	switch {
	case err != nil || d == nil:
		return false, err
	case d.Status == delivery.DeliveryStatusCancelled:
		return true, undone(delivery.Service)
	default:
		return true, s.assigned(*d)
	}
}

func (s *saga) lookForCapture(ctx context.Context) (bool, error) {
	payment, found, err := s.flow.payments.Inquire(ctx, s.id.payment())
	switch {
	case err != nil:
		return false, err
	case found && payment.Captured == s.request.Total:
		return true, nil
	case found && payment.Captured.Minor == 0 && (payment.Status == payments.PaymentStatusAuthorized || payment.Status == payments.PaymentStatusDeclined):
		return false, nil
	case found && payment.Captured.Minor == 0 && payment.Status == payments.PaymentStatusVoided:
		return true, undone(payments.Service)
	default: // neither what we asked for nor nothing: no machine may decide that
		return false, fmt.Errorf("payments: captured %v in status %s of a total of %v", payment.Captured, payment.Status, s.request.Total)
	}
}
