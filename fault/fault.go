// Package fault is the error vocabulary of Tiffin: what can go wrong, said once where the cause is known and presented once at the
// edge.
//
// An error that a client may see is an [*Error]: a [Code] of a closed set, a message that is safe to show, which service it came
// from and whether a repeat can help. A service's definite, typed "no" is a [*Refused]; everything that is neither a success nor a
// Refused is "don't know" (a timeout, a reset, a 5xx, an answer that does not parse), and a caller that moves money must treat it
// so. Any other error reaches a client only as [Internal], its text goes to the log.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Error is a failure whose presentation is settled: everything but Cause may be shown to a client.
type Error struct {
	Code    Code
	Message string
	// Service names the backend service that failed; empty where none did.
	Service string
	// Retryable says whether the same request, sent again later, can succeed.
	Retryable bool
	// RetryAfter is how long to wait before that; 0 where nothing better than the client's own back-off is known.
	RetryAfter time.Duration
	// Cause is for the log only.
	Cause error
}

func (e *Error) Error() string {
	text := e.Message
	if e.Service != "" {
		text = e.Service + ": " + text
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause, so that errors.Is finds context.Canceled and friends.
func (e *Error) Unwrap() error { return e.Cause }

// New returns an Error that no service is to blame for and that a repeat does not mend.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unavailable reports that a service gave no usable answer: it may or may not have done what was asked.
func Unavailable(service string, cause error) *Error {
	return &Error{
		Code: ServiceUnavailable, Message: "The service is not available right now.",
		Service: service, Retryable: true, Cause: cause,
	}
}

// TimedOut reports that a service did not answer in time: it may or may not have done what was asked.
func TimedOut(service string, cause error) *Error {
	return &Error{
		Code: Timeout, Message: "The service did not answer in time.",
		Service: service, Retryable: true, Cause: cause,
	}
}

// Broken reports an answer that a repeat will not mend: the service refused our request as malformed, unauthorised or unknown, so
// one of the two sides breaks the contract between them.
func Broken(service string, cause error) *Error {
	return &Error{
		Code: ServiceUnavailable, Message: "The service could not handle the request.",
		Service: service, Cause: cause,
	}
}

// Refused is a service's definite, typed "no": what was asked has not happened and will not happen under this key.
type Refused struct {
	Service string
	// Reason is the service's own code of the contract, such as "price_changed".
	Reason string
	// Detail is the service's text for the log, never for a client.
	Detail string
}

func (r *Refused) Error() string {
	return fmt.Sprintf("%s refused: %s: %s", r.Service, r.Reason, r.Detail)
}

// AsRefused finds a typed refusal in err's chain. Only it proves that nothing happened.
func AsRefused(err error) (*Refused, bool) {
	var refused *Refused
	return refused, errors.As(err, &refused)
}

// Is reports whether err carries an Error of the given code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
