package delivery

import (
	"fmt"

	"tiffin/fault"
)

// OutsideAreaError is the refusal of a place that the restaurant's meals do not reach.
type OutsideAreaError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *OutsideAreaError) Unwrap() error { return e.Refused }

// NoDriverError is the refusal of an assignment for want of a driver.
type NoDriverError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *NoDriverError) Unwrap() error { return e.Refused }

// refusal gives an error of the service the type that callers tell apart; others, and the contract's refusals without a type of their own,
// stay. A refusal that is not in the contract is none: it proves nothing.
func refusal(err error) error {
	refused, ok := fault.AsRefused(err)
	if !ok {
		return err
	}
	switch refused.Reason {
	case "outside_area":
		return &OutsideAreaError{refused}
	case "no_driver":
		return &NoDriverError{refused}
	case "unknown_restaurant", "quote_mismatch", "already_assigned", "cancelled":
		return err
	}
	return fault.Broken(Service, fmt.Errorf("a refusal that is not in the contract: %v", err)) //nolint:errorlint // wrapped, it would be found as a refusal
}
