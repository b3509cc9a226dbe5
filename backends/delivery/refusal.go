package delivery

import "tiffin/fault"

// OutsideAreaError is the refusal of a place that the restaurant's meals do not reach.
type OutsideAreaError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *OutsideAreaError) Unwrap() error { return e.Refused }

// NoDriverError is the refusal of an assignment for want of a driver.
type NoDriverError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *NoDriverError) Unwrap() error { return e.Refused }

// refusal gives an error of the service the type that callers tell apart; others, and refusals without a type of their own, stay.
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
	}
	return err
}
