package resilience

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"tiffin/backends/upstream/call"
)

// Attempt returns the innermost position: one exchange with the instance that the request addresses. It ends when the answer's body has
// been read, all of it and [Config.MaxBody] at most, or with the kind's AttemptTimeout, or with the request's context.
//
// The answer's body is in memory, its Close does nothing, and the connection is free again. Errors name the instance; they wrap
// [context.DeadlineExceeded] when the time was up, and [call.ErrLate] where that was noticed late by more than a tenth of it; a
// [TooLargeError], or what next returned.
//
// It takes the request over, which balance, above, makes anew for each attempt: a copy more would be a tenth of what the chain costs. The
// request carries the milliseconds it has in [Config.DeadlineHeader]; where [Policies.Whole] is there already and right, its Header is
// sent as it is. If it has an Idempotency-Key that the service does not honour,
// it is made so that net/http never sends it twice: net/http takes any key for a permission.
func (p *Policies) Attempt(next http.RoundTripper) http.RoundTripper {
	return &attempt{p.cfg, p.whole, p.timeouts, next}
}

type attempt struct {
	cfg      Config
	whole    wholeTimes
	timeouts *timeouts
	next     http.RoundTripper
}

func (a *attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	current := call.From(req.Context())
	start := time.Now()
	ctx := a.timeouts.begin(req.Context(), current.Kind(), start)
	defer ctx.end() // after the body was read
	current.Send()
	a.prepare(ctx, req, ctx.until.Sub(start))
	res, err := a.exchange(req)
	if err != nil {
		return nil, fmt.Errorf("instance %s: %w", req.URL.Host, noticed(inTime(ctx, err), start, ctx.until))
	}
	return res, nil
}

func (a *attempt) exchange(req *http.Request) (*http.Response, error) {
	res, err := a.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := intoMemory(res, a.cfg.MaxBody); err != nil {
		return nil, err
	}
	// A service that notices that we left may end a half answer as if it were whole: one that came after the end is none.
	return res, req.Context().Err()
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

// prepare makes req the attempt's: the position above made it for this one.
func (a *attempt) prepare(ctx context.Context, req *http.Request, left time.Duration) {
	current := call.From(ctx)
	*req = *req.WithContext(ctx)
	if name := a.cfg.DeadlineHeader; name != "" {
		if told := a.whole.tell(current.Kind(), left); !slices.Equal(req.Header[name], told) {
			req.Header = withHeader(req.Header, name, told)
		}
	}
	if !current.Repeatable() && isKeyed(req.Header) {
		sendOnce(req)
	}
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
