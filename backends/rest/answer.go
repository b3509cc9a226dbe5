package rest

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"tiffin/backends/upstream/body"
	"tiffin/fault"
)

// exchange sends the request and reads the whole answer, whatever its status, so that the connection can be used again.
func (c *Client) exchange(req *http.Request, into any) error {
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	return body.Use(res, c.maxBody, func(content []byte) error { return c.understand(res, req.Method, content, into) })
}

// understand keeps nothing of content: all that is decoded is a copy.
func (c *Client) understand(res *http.Response, method string, content []byte, into any) error {
	if res.StatusCode/100 != 2 {
		return c.failure(method, res, content)
	}
	if into == nil && len(content) > 0 {
		return errors.New("the answer has a body, where the contract has none")
	}
	if into == nil {
		return nil
	}
	return decode(res.Header, content, into)
}

func decode(header http.Header, content []byte, into any) error {
	if len(content) == 0 {
		return errors.New("the answer has no body")
	}
	if !isMedia(header, "application/json") {
		return fmt.Errorf("the answer is %q, not application/json", header.Get("Content-Type"))
	}
	return json.Unmarshal(content, into)
}

func isMedia(header http.Header, want string) bool {
	got, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && strings.EqualFold(got, want)
}

// failure explains a status other than 2xx.
func (c *Client) failure(method string, res *http.Response, content []byte) error {
	cause := fmt.Errorf("status %d", res.StatusCode)
	problem, ok := c.problem(res, content)
	switch code := res.StatusCode; {
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500:
		unavailable := fault.Unavailable(c.service, cause)
		unavailable.RetryAfter = retryAfter(res.Header)
		return unavailable
	case ok && code == http.StatusNotFound && method == http.MethodGet:
		return &fault.Error{Code: fault.NotFound, Message: "Not found.", Service: c.service, Cause: cause}
	case ok && isRefusal(code) && !problem.aboutKey():
		return problem
	case ok:
		cause = fmt.Errorf("status %d, %s: %s", code, problem.Refused.Reason, problem.Refused.Detail)
	}
	return fault.Broken(c.service, cause)
}

func isRefusal(status int) bool {
	return status == http.StatusConflict || status == http.StatusGone || status == http.StatusUnprocessableEntity
}

// classify makes a fault of whatever is none yet. The caller's own end counts before what the transport made of it.
func (c *Client) classify(ctx context.Context, err error) error {
	var settled *fault.Error
	if _, refused := fault.AsRefused(err); refused || errors.As(err, &settled) {
		return err
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	if !errors.Is(err, context.Canceled) && isTimeout(err) {
		return fault.TimedOut(c.service, err)
	}
	return fault.Unavailable(c.service, err)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
