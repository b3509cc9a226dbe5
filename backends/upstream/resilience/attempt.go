package resilience

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/call"
)

// Attempt returns the innermost position: one exchange with the instance that the trip goes to. It ends when the answer's body has been read,
// all of it and [Config.MaxBody] at most, or with the kind's AttemptTimeout, or with the trip's context.
//
// The answer's body is in memory, a [body.Memory], and the connection is free again. Errors name the instance; they wrap
// [context.DeadlineExceeded] when the time was up, and [call.ErrLate] where that was noticed late by more than a tenth of it; a
// [TooLargeError], or what next returned.
//
// The request that is sent carries the milliseconds it has in [Config.DeadlineHeader]; where [Policies.Whole] is there already and right, the
// trip's Header is sent as it is. If it has an Idempotency-Key that the service does not honour, it is made so that net/http never sends it
// twice: net/http takes any key for a permission.
func (p *Policies) Attempt(next http.RoundTripper) call.Position {
	return &attempt{p.cfg, p.whole, p.timeouts, &body.Buffers{}, next}
}

type attempt struct {
	cfg      Config
	whole    wholeTimes
	timeouts *timeouts
	buffers  *body.Buffers
	next     http.RoundTripper
}

// exchange is an attempt, in one piece of memory: its context, which carries the call, the request as it is sent, and the answer's body.
type exchange struct {
	timed

	call    *call.Call
	request http.Request
	url     url.URL
	answer  body.Memory
}

func (a *attempt) Do(t call.Trip) (*http.Response, error) {
	if t.Attempt == nil { // nobody picked an instance
		t.Attempt = &call.Attempt{Addr: t.Request.URL.Host, Began: t.Now()}
	}
	x := &exchange{call: t.Call}
	a.timeouts.begin(&x.timed, t)
	defer x.end() // after the body was read
	a.address(x, t)
	t.Call.Send()
	res, err := a.send(x)
	t.Attempt.Took = time.Since(t.Attempt.Began)
	if err != nil {
		return nil, fmt.Errorf("instance %s: %w", t.Attempt.Addr, noticed(inTime(x, err), t.Attempt.Began, x.until))
	}
	return res, nil
}

// Value implements [context.Context].
func (x *exchange) Value(key any) any { return call.Value(x.Context, x.call, key) }

// address makes the request of x, for t's instance.
func (a *attempt) address(x *exchange, t call.Trip) {
	x.request = *t.Request.WithContext(x)
	x.request.Header = a.timedHeader(t, x.until.Sub(t.Attempt.Began))
	if target := t.Attempt.Target; target != nil {
		x.url = *t.Request.URL
		target.Address(&x.url, t.Attempt.Addr)
		x.request.URL, x.request.Host = &x.url, target.Host
	}
	if !t.Call.Repeatable() && isKeyed(t.Header) {
		sendOnce(&x.request)
	}
}

func (a *attempt) send(x *exchange) (*http.Response, error) {
	res, err := a.next.RoundTrip(&x.request)
	if err != nil {
		return nil, err
	}
	if err := a.intoMemory(res, &x.answer); err != nil {
		return nil, err
	}
	// A service that notices that we left may end a half answer as if it were whole: one that came after the end is none.
	return res, x.Err()
}

// inTime makes sure that errors of a time that is up can be told from others: some of net's cannot.
func inTime(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return err
}

// lateShare of an attempt's time is how late its end may be noticed. Timers of a process that gets its CPU are exact to a millisecond or
// two; one that is this late has kept answers waiting as well.
const lateShare = 0.1

// noticed marks the error of an attempt whose time was up where that was noticed late.
func noticed(err error, start, until time.Time) error {
	late := time.Since(until)
	if float64(late) <= lateShare*float64(until.Sub(start)) || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w by %s", err, call.ErrLate, late.Round(time.Millisecond))
}

// timedHeader is t's, with the time that is left in it.
func (a *attempt) timedHeader(t call.Trip, left time.Duration) http.Header {
	name := a.cfg.DeadlineHeader
	if name == "" {
		return t.Header
	}
	if told := a.whole.tell(t.Call.Kind(), left); !slices.Equal(t.Header[name], told) {
		return withHeader(t.Header, name, told)
	}
	return t.Header
}

// withHeader returns a copy of header, whose values are shared, with other ones of name.
func withHeader(header http.Header, name string, values []string) http.Header {
	out := maps.Clone(header)
	if out == nil {
		out = http.Header{}
	}
	out[name] = values
	return out
}

// isKeyed reports whether net/http finds a key.
func isKeyed(header http.Header) bool {
	return header["Idempotency-Key"] != nil || header["X-Idempotency-Key"] != nil
}

// sendOnce gives req a body that net/http cannot rewind, even if it is empty.
func sendOnce(req *http.Request) {
	req.GetBody = nil
	if req.Body == nil || req.Body == http.NoBody {
		req.Body = io.NopCloser(strings.NewReader(""))
	}
}
