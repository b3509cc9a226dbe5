package checkout

import (
	"errors"
	"time"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

func unauthenticated() error {
	return fault.New(fault.Unauthenticated, "Sign in to order.")
}

// notStarted: nothing was written anywhere. It says which service was to blame, where one was.
func notStarted(cause error) error {
	e := &fault.Error{
		Code: fault.OrderNotStarted, Message: "The order was not started. It is safe to send it again with the same idempotency key.",
		Retryable: true, RetryAfter: time.Second, Cause: cause,
	}
	if service := new(fault.Error); errors.As(cause, &service) {
		e.Service, e.RetryAfter = service.Service, max(e.RetryAfter, service.RetryAfter)
	}
	return e
}

// wrongCurrency: the restaurant sells in another one, as the delivery service's fee shows.
func wrongCurrency(path string, want storefront.Currency) error {
	return fault.New(fault.BadUserInput, "%s must be %s, the currency of the restaurant.", path, want)
}

// keyReused reveals nothing of the first order.
func keyReused() error {
	return fault.New(fault.IdempotencyKeyReused, "This idempotency key was used for another order. Use a new key for a new order.")
}
