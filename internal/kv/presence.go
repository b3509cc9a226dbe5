package kv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

const (
	// probeEvery is how often an operation, and how often a dial, finds out whether Redis is back.
	probeEvery = time.Second
	// tolerated is how many operations in a row may fail before Redis counts as away.
	tolerated = 3
)

var errAway = errors.New("redis is away")

// dialer opens a connection.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// presence knows whether Redis is there, from the outcome of operations and dials. While it is away there is at most one dial per
// probeEvery, whoever wants it: commands, the subscription, the client's own attempts to fill its pool.
type presence struct {
	dialling dialer
	turn     chan struct{} // held while dialling: one at a time, so that a crowd cannot find out together
	nextDial time.Time     // guarded by turn; not before, while Redis is away

	failures atomic.Int32
	probeAt  atomic.Int64 // unix nanoseconds of the next operation that is let through; 0 while Redis is there
	dials    atomic.Uint64
}

func newPresence(dial dialer) *presence {
	return &presence{dialling: dial, turn: make(chan struct{}, 1)}
}

// away reports whether Redis is away.
func (p *presence) away() bool { return p.probeAt.Load() != 0 }

// allow reports whether an operation may be tried. While Redis is away, one in a probeEvery may.
func (p *presence) allow() bool {
	at := p.probeAt.Load()
	now := time.Now()
	return at == 0 || now.UnixNano() >= at && p.probeAt.CompareAndSwap(at, now.Add(probeEvery).UnixNano())
}

// report takes in the outcome of an operation that was allowed.
func (p *presence) report(err error) {
	switch {
	case err == nil:
		p.failures.Store(0)
		p.probeAt.Store(0)
	case errors.Is(err, errAway), p.failures.Add(1) >= tolerated:
		p.leave()
	}
}

func (p *presence) leave() {
	p.probeAt.CompareAndSwap(0, time.Now().Add(probeEvery).UnixNano())
}

// dial opens a connection, or refuses with errAway.
func (p *presence) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to dial: %w", ctx.Err())
	}
	start := time.Now()
	if p.away() && start.Before(p.nextDial) {
		return nil, errAway
	}
	p.nextDial = start.Add(probeEvery)
	p.dials.Add(1)
	conn, err := p.dialling(ctx, network, addr)
	if err != nil {
		p.leave()
		return nil, fmt.Errorf("%w: %w", errAway, err)
	}
	return conn, nil
}
