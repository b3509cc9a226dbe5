package kv

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/eko/gocache/lib/v4/cache"
	"github.com/eko/gocache/lib/v4/store"

	"tiffin/internal/kv/link"
)

// generationsShare is the part of the memory that generations of tags may take.
const generationsShare = 8

// Store keeps values. It is safe for concurrent use.
type Store struct {
	cfg         Config
	values      *cache.Cache[string]
	memory      *memory
	shared      *shared // nil where there is no Redis
	generations *generations
	rejected    func(error)
	counts      counts
}

// Deps are the collaborators of a Store. All may be nil.
type Deps struct {
	// Links are those of the process, so that its parts know together whether a Redis is there; nil: this Store has a link of its own.
	Links *link.Links
	// Dial opens a connection to Redis, where there are no Links [a net.Dialer].
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Away is told when Redis goes away, with the cause, and when it is back. It must not block.
	Away func(away bool, cause error)
	// Failed is told of each operation on Redis that failed; those that were not tried because Redis is away are none. It is called from the
	// operation and must not block.
	Failed func(error)
}

// counts is what Stats reports of level 1 and 2.
type counts struct{ memoryHits, memoryMisses, sharedHits, sharedMisses atomic.Uint64 }

// New returns a Store, or [Config.Validate]'s problems in one error. It opens no connection and starts nothing.
func New(cfg Config, deps Deps) (*Store, error) {
	var problems []error
	for _, problem := range cfg.Validate() {
		problems = append(problems, problem)
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	s := &Store{cfg: cfg}
	if deps.Failed == nil {
		deps.Failed = func(error) {}
	}
	s.rejected = deps.Failed
	if cfg.Redis != "" {
		s.shared = newShared(cfg, deps)
	}
	tags := cfg.Memory / generationsShare
	s.memory = newMemory(cfg.Memory - tags)
	s.values = cache.New[string](s.memory)
	s.generations = newGenerations(tags, cfg.Recheck, s.shared)
	return s, nil
}

// Peek returns the slot's value if it is in memory. It waits for nothing.
func (s *Store) Peek(ctx context.Context, slot Slot) (value string, ok bool) {
	value, err := s.values.Get(ctx, slot.key)
	if err != nil {
		return "", false
	}
	s.counts.memoryHits.Add(1)
	return value, true
}

// Get returns the slot's value from memory or from Redis, from where it goes into memory for what is left of its time. It waits for Redis
// for 70 ms at most, whatever ctx says.
func (s *Store) Get(ctx context.Context, slot Slot) (value string, ok bool) {
	if value, ok = s.Peek(ctx, slot); ok {
		return value, true
	}
	s.counts.memoryMisses.Add(1)
	if !slot.shared {
		return "", false
	}
	value, left, ok := s.shared.get(ctx, slot.key)
	if !ok {
		s.counts.sharedMisses.Add(1)
		return "", false
	}
	s.counts.sharedHits.Add(1)
	s.keep(ctx, slot, value, left)
	return value, true
}

// Set keeps the value for a time, at most [Config.MaxAge], in memory and, unless the slot is unshared, in Redis, for which it waits for
// 70 ms at most. Where it fails the value is not kept; without a time it is not either.
func (s *Store) Set(ctx context.Context, slot Slot, value string, stays time.Duration) {
	stays = min(stays, s.cfg.MaxAge)
	if stays <= 0 || slot.key == "" {
		return
	}
	s.keep(ctx, slot, value, stays)
	if slot.shared {
		s.shared.set(ctx, slot.key, value, stays)
	}
}

// keep puts the value into memory, whose only error is an expiry that is not there.
func (s *Store) keep(ctx context.Context, slot Slot, value string, stays time.Duration) {
	_ = s.values.Set(ctx, slot.key, value, store.WithExpiration(stays))
}

// Invalidate makes every value with one of the tags unreachable: when it returns, for this process, and without an error also in Redis;
// the other gateways hear of it within moments. An error that wraps [ErrTags] means that nothing was done; any other that Redis was not
// reached and will be told later.
func (s *Store) Invalidate(ctx context.Context, tags ...string) error {
	for chunk := range slices.Chunk(tags, maxTags) {
		if err := CheckTags(chunk); err != nil {
			return err
		}
	}
	var failed error
	for chunk := range slices.Chunk(tags, maxTags) {
		failed = errors.Join(failed, s.generations.invalidate(ctx, chunk))
	}
	return failed
}

// InvalidateAll is [Store.Invalidate] for everything there is. Redis itself is not emptied.
func (s *Store) InvalidateAll(ctx context.Context) error {
	return s.generations.invalidate(ctx, []string{everything})
}

// Close closes the connections to Redis. End Run first.
func (s *Store) Close() error {
	if s.shared == nil {
		return nil
	}
	return s.shared.link.Close()
}
