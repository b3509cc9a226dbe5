package xmlapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"tiffin/backends/upstream/body"
	"tiffin/fault"
)

// maxRetryAfter bounds what a service may ask for.
const maxRetryAfter = time.Hour

// exchange sends the request and reads the whole answer, whatever its status.
func (c *Client) exchange(req *http.Request, want *shape, into any) error {
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	return body.Use(res, c.cfg.MaxBody, func(content []byte) error { return c.understand(res, content, want, into) })
}

// understand keeps nothing of content: all that is decoded is a copy.
func (c *Client) understand(res *http.Response, content []byte, want *shape, into any) error {
	failed := res.StatusCode/100 != 2
	if failed {
		into = nil // an answer under such a status would contradict it
	}
	err := c.decode(res.Header.Get("Content-Type"), content, want, into)
	if reported := (*Fault)(nil); errors.As(err, &reported) {
		return c.reported(res, reported)
	}
	if failed {
		return c.status(res)
	}
	return err
}

// reported explains a Fault.
func (c *Client) reported(res *http.Response, reported *Fault) error {
	reported.Service = c.cfg.Service
	if !reported.Retryable {
		return fault.Broken(c.cfg.Service, reported)
	}
	return c.unavailable(res, reported)
}

// status explains a status other than 2xx that came without a Fault.
func (c *Client) status(res *http.Response) error {
	cause := fmt.Errorf("status %d without a fault", res.StatusCode)
	switch code := res.StatusCode; {
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return c.unavailable(res, cause)
	default:
		return fault.Broken(c.cfg.Service, cause)
	}
}

func (c *Client) unavailable(res *http.Response, cause error) error {
	unavailable := fault.Unavailable(c.cfg.Service, cause)
	unavailable.RetryAfter = retryAfter(res.Header)
	return unavailable
}

// classify makes a fault of whatever is none yet. The caller's own end counts before what the transport made of it.
func (c *Client) classify(ctx context.Context, err error) error {
	if settled := (*fault.Error)(nil); errors.As(err, &settled) {
		return err
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	if !errors.Is(err, context.Canceled) && isTimeout(err) {
		return fault.TimedOut(c.cfg.Service, err)
	}
	return fault.Unavailable(c.cfg.Service, err)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// retryAfter reads the Retry-After header (RFC 9110, section 10.2.3), seconds or a date; 0 where it has none that makes sense.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxRetryAfter)
}
