package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

const (
	// probeEvery is how often a command, and how often a dial, finds out whether Redis is back.
	probeEvery = time.Second
	// tolerated is how many commands in a row may fail before Redis counts as away.
	tolerated = 3
)

var errAway = errors.New("redis is away")

// presence knows whether Redis is there, from the outcome of commands and dials. While it is away nothing waits for it but one command
// and one dial per probeEvery, whoever wants them: a request, or the client library, which dials by itself to fill its pool.
type presence struct {
	dialling func(ctx context.Context, network, address string) (net.Conn, error)
	told     func(away bool, cause error)

	turn     chan struct{} // held while dialling: one at a time, so that a crowd cannot find out together
	nextDial time.Time     // guarded by turn; not before, while Redis is away

	failures atomic.Int32
	probeAt  atomic.Int64 // unix nanoseconds of the next command that is let through; 0 while Redis is there
}

func newPresence(deps Deps) *presence {
	p := &presence{dialling: deps.Dial, told: deps.Away, turn: make(chan struct{}, 1)}
	if p.dialling == nil {
		p.dialling = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	if p.told == nil {
		p.told = func(bool, error) {}
	}
	return p
}

// allow reports whether a command may be tried. While Redis is away, one in a probeEvery may.
func (p *presence) allow() bool {
	at := p.probeAt.Load()
	if at == 0 {
		return true
	}
	now := time.Now()
	return now.UnixNano() >= at && p.probeAt.CompareAndSwap(at, now.Add(probeEvery).UnixNano())
}

// report takes in the outcome of a command that was allowed.
func (p *presence) report(err error) {
	switch {
	case err == nil:
		p.failures.Store(0)
		if p.probeAt.Swap(0) != 0 {
			p.told(false, nil)
		}
	case p.failures.Add(1) >= tolerated:
		p.leave(err)
	}
}

func (p *presence) leave(cause error) {
	if p.probeAt.CompareAndSwap(0, time.Now().Add(probeEvery).UnixNano()) {
		p.told(true, cause)
	}
}

// dial opens a connection, or refuses with errAway.
func (p *presence) dial(ctx context.Context, network, address string) (net.Conn, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to dial: %w", ctx.Err())
	}
	start := time.Now()
	if p.probeAt.Load() != 0 && start.Before(p.nextDial) {
		return nil, errAway
	}
	p.nextDial = start.Add(probeEvery)
	conn, err := p.dialling(ctx, network, address)
	if err != nil {
		err = fmt.Errorf("dial: %w", err)
		p.leave(err)
		return nil, err
	}
	return conn, nil
}
