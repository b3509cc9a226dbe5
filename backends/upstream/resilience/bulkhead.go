package resilience

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/failsafe-go/failsafe-go/bulkhead"

	"tiffin/backends/upstream/call"
)

// ErrFull says that a call was refused because as many as are allowed are under way and waiting. It wraps [call.ErrNotSent].
var ErrFull = fmt.Errorf("the bulkhead and its queue are full, the service is slower than it is asked: %w", call.ErrNotSent)

// Bulkhead returns the position that bounds how many calls there are at once. One that finds no place waits, first come, first served,
// until the call's deadline or its context's end; if too many wait already it is refused with [ErrFull]. A place is held until next returns or panics.
func (p *Policies) Bulkhead(next http.RoundTripper) http.RoundTripper {
	return &bulkheadPosition{p.places, p.deps.Hooks.Refused, next}
}

type bulkheadPosition struct {
	places  *places
	refused func(*http.Request)
	next    http.RoundTripper
}

func (b *bulkheadPosition) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := b.places.take(req.Context()); err != nil {
		closeBody(req)
		if errors.Is(err, ErrFull) {
			b.refused(req)
		}
		return nil, err
	}
	defer b.places.release()
	return b.next.RoundTrip(req)
}

// places are those of one service, with the queue before them.
type places struct {
	bulkhead bulkhead.Bulkhead[any]
	inside   atomic.Int64
	queue    atomic.Int64
	maxQueue int64
}

func newPlaces(cfg BulkheadConfig) *places {
	return &places{bulkhead: bulkhead.New[any](uint(cfg.Concurrent)), maxQueue: int64(cfg.Queue)}
}

func (p *places) take(ctx context.Context) error {
	if !p.bulkhead.TryAcquirePermit() {
		if err := p.wait(ctx); err != nil {
			return err
		}
	}
	p.inside.Add(1)
	return nil
}

func (p *places) wait(ctx context.Context) error {
	defer p.queue.Add(-1)
	if p.queue.Add(1) > p.maxQueue {
		return ErrFull
	}
	if deadline, ok := call.Deadline(ctx); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	if err := p.bulkhead.AcquirePermit(ctx); err != nil {
		return fmt.Errorf("waiting for a place in the bulkhead: %w", err)
	}
	return nil
}

func (p *places) release() {
	p.inside.Add(-1)
	p.bulkhead.ReleasePermit()
}

func (p *places) taken() int   { return int(p.inside.Load()) }
func (p *places) waiting() int { return int(p.queue.Load()) }

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // a RoundTripper closes it, also on errors
	}
}
