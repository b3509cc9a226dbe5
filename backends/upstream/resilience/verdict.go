package resilience

import (
	"errors"
	"net/http"

	"tiffin/backends/upstream/call"
)

// transient reports whether another attempt may fare better than one that ended so.
func (d Deps) transient(res *http.Response, err error) bool {
	if err != nil {
		return !errors.Is(err, call.ErrNotSent) && !isPermanent(err)
	}
	switch res.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return d.Retryable(res)
}

// isPermanent knows the errors that another instance would bring about as well.
func isPermanent(err error) bool {
	var panicked *PanicError
	var large *TooLargeError
	return errors.As(err, &panicked) || errors.As(err, &large)
}

// blames reports whether an attempt that ended so speaks against its instance: an error of the network, a 5xx but 501, or an answer that
// says it is one. A 4xx speaks against the request.
func (d Deps) blames(res *http.Response, err error) bool {
	if err != nil {
		var large *TooLargeError
		return !errors.Is(err, call.ErrNotSent) && !errors.As(err, &large)
	}
	return res.StatusCode >= 500 && res.StatusCode != http.StatusNotImplemented || d.Retryable(res)
}
