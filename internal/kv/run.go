package kv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"tiffin/internal/kv/link"
)

// silence is how long the subscription may be quiet before a ping finds out whether anybody is there.
const silence = 5 * time.Second

// Run hears of the other gateways' invalidations and tells them of ours that could not be told at once, until ctx ends; then it returns.
// It has no error that would be a reason to end the program, and without Redis it returns at once. Call it once.
func (s *Store) Run(ctx context.Context) {
	if s.shared == nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { s.flush(ctx) })
	both.Go(func() { s.listen(ctx) })
	both.Wait()
}

// flush repeats what could not be told.
func (s *Store) flush(ctx context.Context) {
	for s.pause(ctx) {
		s.generations.flush(ctx)
	}
}

// listen subscribes, again and again.
func (s *Store) listen(ctx context.Context) {
	for {
		if err := s.hear(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, link.ErrAway) {
			s.rejected(fmt.Errorf("redis: hear of invalidations: %w", err))
		}
		if !s.pause(ctx) {
			return
		}
	}
}

// pause waits for a moment; false if ctx ended.
func (s *Store) pause(ctx context.Context) bool {
	timer := time.NewTimer(s.shared.link.Probe())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// hear takes in messages until the connection or ctx ends. What was invalidated before it subscribed may have been missed: every
// generation is asked for anew.
func (s *Store) hear(ctx context.Context) error {
	if s.shared.link.Away() && !s.shared.link.Allow() {
		return link.ErrAway
	}
	subscription := s.shared.client.Subscribe(ctx) // dials with the first channel
	defer func() { _ = subscription.Close() }()
	defer context.AfterFunc(ctx, func() { _ = subscription.Close() })()
	if err := subscription.Subscribe(ctx, s.shared.channel()); err != nil {
		return err
	}
	quiet := false
	for {
		message, err := subscription.ReceiveTimeout(ctx, silence)
		switch {
		case err == nil:
			quiet = false
			s.take(message)
		case isTimeout(err) && !quiet:
			quiet = true
			if err := subscription.Ping(ctx); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func (s *Store) take(message any) {
	switch m := message.(type) {
	case *redis.Subscription:
		s.shared.link.Report(nil)
		s.generations.distrust()
	case *redis.Message:
		tags, err := decodeMessage(m.Payload)
		if err != nil {
			s.rejected(fmt.Errorf("redis: a message on %s: %w", s.shared.channel(), err))
			return
		}
		s.generations.forget(tags)
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
