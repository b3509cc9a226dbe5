package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// tolerated is how many operations in a row may fail before Redis counts as away.
const tolerated = 3

// ErrAway is wrapped by what was not tried because Redis is away.
var ErrAway = errors.New("redis is away")

// Dialer opens a connection.
type Dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// presence knows whether Redis is there, from the outcome of operations and dials. While it is away there is at most one dial per probe,
// whoever wants it: commands, a subscription, the client's own attempts to fill its pool.
type presence struct {
	dialling Dialer
	probe    time.Duration

	turn     chan struct{} // held while dialling: one at a time, so that a crowd cannot find out together
	nextDial time.Time     // guarded by turn; not before, while Redis is away or the last dial failed
	refused  bool          // guarded by turn; the last dial failed: an answer that comes late does not mean that the next will not

	failures atomic.Int32
	probeAt  atomic.Int64 // unix nanoseconds of the next operation that is let through; 0 while Redis is there
	dials    atomic.Uint64

	mu   sync.Mutex
	told []func(away bool, cause error)
}

func newPresence(dial Dialer, probe time.Duration) *presence {
	return &presence{dialling: dial, probe: probe, turn: make(chan struct{}, 1)}
}

// away reports whether Redis is away.
func (p *presence) away() bool { return p.probeAt.Load() != 0 }

// allow reports whether an operation may be tried. While Redis is away, one per probe may.
func (p *presence) allow() bool {
	at := p.probeAt.Load()
	if at == 0 {
		return true
	}
	now := time.Now()
	return now.UnixNano() >= at && p.probeAt.CompareAndSwap(at, now.Add(p.probe).UnixNano())
}

// report takes in the outcome of an operation that was allowed.
func (p *presence) report(err error) {
	switch {
	case err == nil:
		p.failures.Store(0)
		if p.probeAt.Load() != 0 && p.probeAt.Swap(0) != 0 {
			p.tell(false, nil)
		}
	case errors.Is(err, ErrAway), p.failures.Add(1) >= tolerated:
		p.leave(err)
	}
}

func (p *presence) leave(cause error) {
	if p.probeAt.CompareAndSwap(0, time.Now().Add(p.probe).UnixNano()) {
		p.tell(true, cause)
	}
}

func (p *presence) tell(away bool, cause error) {
	p.mu.Lock()
	told := p.told
	p.mu.Unlock()
	for _, hear := range told {
		hear(away, cause)
	}
}

// dial opens a connection, or refuses with ErrAway.
func (p *presence) dial(ctx context.Context, network, address string) (net.Conn, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to dial: %w", ctx.Err())
	}
	start := time.Now()
	if (p.refused || p.away()) && start.Before(p.nextDial) {
		return nil, ErrAway
	}
	p.nextDial = start.Add(p.probe)
	p.dials.Add(1)
	conn, err := p.dialling(ctx, network, address)
	p.refused = err != nil
	if err != nil {
		err = fmt.Errorf("%w: dial: %w", ErrAway, err)
		p.leave(err)
		return nil, err
	}
	return conn, nil
}
