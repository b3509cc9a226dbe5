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

// Breaker returns the position that leaves failing instances alone: below balance, for it knows the instance by the trip's Attempt.
// An open breaker refuses with [ErrOpen] and nothing sent; it half-opens by the first attempt after its time.
//
// An attempt counts as failed when it ended in an error, a time-out's too, in 5xx but 501, or in an answer that [Deps.Retryable] names,
// when it was slow while the other instances are not, or when next panicked. It counts as nothing when its context was cancelled: the caller
// left, or another attempt won; nor when this process was late itself ([call.ErrLate]). A probe that ends so is made up for by another one.
// An answer that was too large counts as given.
func (p *Policies) Breaker(next call.Position) call.Position {
	return &breakerPosition{p.cfg, p.deps, p.breakers, next}
}

type breakerPosition struct {
	cfg      Config
	deps     Deps
	breakers *breakers
	next     call.Position
}

func (b *breakerPosition) Do(t call.Trip) (*http.Response, error) {
	breaker := b.breakers.of(t.Attempt.Addr)
	period := breaker.admit()
	if period == nil {
		t.CloseBody()
		return nil, fmt.Errorf("instance %s: %w", t.Attempt.Addr, ErrOpen)
	}
	outcome := failed
	defer func() { period.record(outcome) }()
	res, err := b.next.Do(t)
	outcome = b.judge(t.Context, res, err)
	if b.cfg.Breaker.Slow < 1 {
		took := t.Attempt.Elapsed()
		slow := took >= b.slow(t.Call.Kind())
		outcome = b.breakers.compare(breaker, answer{outcome, slow, err}, t.Attempt.Began.Sub(b.breakers.epoch)+took)
	}
	return res, err
}

func (b *breakerPosition) judge(ctx context.Context, res *http.Response, err error) outcome {
	switch {
	case err != nil && (errors.Is(ctx.Err(), context.Canceled) || errors.Is(err, call.ErrLate)):
		return unknown
	case b.deps.blames(res, err):
		return failed
	}
	return succeeded
}

// slow is from when on an attempt at a call of the kind is.
func (b *breakerPosition) slow(kind call.Kind) time.Duration {
	return time.Duration(b.cfg.Breaker.Slow * float64(b.cfg.operation(kind).AttemptTimeout))
}
