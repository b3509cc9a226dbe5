package observe

import (
	"context"
	"errors"
	"net/http"

	"tiffin/backends/upstream/call"
)

// outcome is how a call, or an attempt, ended, seen from the gateway.
type outcome int

const (
	// ok: 1xx to 3xx.
	ok outcome = iota
	// refused: 4xx; the service is well and says no.
	refused
	// failed: 5xx, or no answer.
	failed
	// timeout: the time was up.
	timeout
	// cancelled: the caller left, or another attempt of a hedge won.
	cancelled
	// notSent: there was no instance, no place, or no closed breaker; the service has not seen it.
	notSent

	outcomes = iota
)

func (o outcome) String() string {
	return [...]string{"ok", "refused", "failed", "timeout", "cancelled", "not_sent"}[o]
}

// bad says that the service, or the way to it, is to blame.
func (o outcome) bad() bool { return o == failed || o == timeout || o == notSent }

// judge says how work under ctx ended: status is 0 where there was no answer, and then err says why.
func judge(ctx context.Context, status int, err error) outcome {
	switch {
	case err == nil && status < http.StatusBadRequest:
		return ok
	case err == nil && status < http.StatusInternalServerError:
		return refused
	case err == nil:
		return failed
	case errors.Is(err, call.ErrNotSent):
		return notSent
	case errors.Is(ctx.Err(), context.Canceled):
		return cancelled
	case errors.Is(err, context.DeadlineExceeded):
		return timeout
	}
	return failed
}
