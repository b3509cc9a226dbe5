package resilience

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tiffin/backends/upstream/call"
)

// ErrOpen says that the breaker of the instance refused an attempt. It wraps [call.ErrNotSent].
var ErrOpen = fmt.Errorf("the instance is left alone for a while, after too many failures: %w", call.ErrNotSent)

// State is a breaker's.
type State string

// The states.
const (
	// Closed: attempts pass.
	Closed State = "closed"
	// Open: attempts are refused.
	Open State = "open"
	// HalfOpen: a few attempts pass, to see.
	HalfOpen State = "half_open"
)

// Breaker returns the position that leaves failing instances alone: below balance, for it knows the instance by the request's URL.Host.
// An open breaker refuses with [ErrOpen] and nothing sent; it half-opens by the first attempt after its time.
//
// An attempt counts as failed when it ended in an error, a time-out's too, in 5xx but 501, or in an answer that [Deps.Retryable] names,
// when it was slow, or when next panicked. It counts as nothing when its context was cancelled: the caller left, or another attempt
// won. A probe that ends so is made up for by another one. An answer that was too large counts as given.
func (p *Policies) Breaker(next http.RoundTripper) http.RoundTripper {
	return &breakerPosition{p.cfg, p.deps, p.breakers, next}
}

type breakerPosition struct {
	cfg      Config
	deps     Deps
	breakers *breakers
	next     http.RoundTripper
}

func (b *breakerPosition) RoundTrip(req *http.Request) (*http.Response, error) {
	period := b.breakers.of(req.URL.Host).admit()
	if period == nil {
		closeBody(req)
		return nil, fmt.Errorf("instance %s: %w", req.URL.Host, ErrOpen)
	}
	outcome := failed
	defer func() { period.record(outcome) }()
	start := time.Now()
	res, err := b.next.RoundTrip(req)
	outcome = b.judge(req.Context(), res, err, time.Since(start))
	return res, err
}

func (b *breakerPosition) judge(ctx context.Context, res *http.Response, err error, took time.Duration) outcome {
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return unknown
	case b.deps.blames(res, err):
		return failed
	case b.cfg.Breaker.Slow < 1 && took >= b.slow(call.From(ctx).Kind()):
		return failed
	}
	return succeeded
}

// slow is from when on an attempt at a call of the kind is.
func (b *breakerPosition) slow(kind call.Kind) time.Duration {
	return time.Duration(b.cfg.Breaker.Slow * float64(b.cfg.operation(kind).AttemptTimeout))
}
