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
func (p *Policies) Bulkhead(next call.Position) call.Position {
	return &bulkheadPosition{p.places, p.deps.Hooks.Refused, next}
}

type bulkheadPosition struct {
	places  *places
	refused func(context.Context)
	next    call.Position
}

func (b *bulkheadPosition) Do(t call.Trip) (*http.Response, error) {
	waited, err := b.places.take(t)
	if err != nil {
		t.CloseBody()
		if errors.Is(err, ErrFull) {
			b.refused(t.Context)
		}
		return nil, err
	}
	defer b.places.release()
	t.Waited = t.Waited || waited
	return b.next.Do(t)
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

func (p *places) take(t call.Trip) (waited bool, err error) {
	if !p.bulkhead.TryAcquirePermit() {
		waited = true
		if err := p.wait(t); err != nil {
			return waited, err
		}
	}
	p.inside.Add(1)
	return waited, nil
}

func (p *places) wait(t call.Trip) error {
	defer p.queue.Add(-1)
	if p.queue.Add(1) > p.maxQueue {
		return ErrFull
	}
	ctx := t.Context
	if deadline, ok := t.Deadline(); ok {
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
