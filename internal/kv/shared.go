package kv

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eko/gocache/lib/v4/cache"
	"github.com/eko/gocache/lib/v4/store"
	redisstore "github.com/eko/gocache/store/redis/v4"
	"github.com/redis/go-redis/v9"

	"tiffin/internal/kv/link"
)

// shared is the level in Redis: values as gocache keeps them, the generations of tags, and the channel on which invalidations are told.
type shared struct {
	values *cache.Cache[string]
	link   *link.Link
	client *redis.Client // the link's
	prefix string
	maxAge time.Duration
	failed func(error)
}

// newShared takes the link, which dials when first used. The Config is valid.
func newShared(cfg Config, deps Deps) *shared {
	to := deps.Links.To(cfg.Redis, link.Deps{Dial: deps.Dial})
	if deps.Away != nil {
		to.Tell(deps.Away)
	}
	return &shared{
		values: cache.New[string](redisstore.NewRedis(noFlush{to.Client()})),
		link:   to,
		client: to.Client(),
		prefix: cfg.Prefix,
		maxAge: cfg.MaxAge,
		failed: deps.Failed,
	}
}

// noFlush keeps gocache's Clear from emptying a Redis that others use, too.
type noFlush struct{ *redis.Client }

// FlushAll refuses.
func (noFlush) FlushAll(ctx context.Context) *redis.StatusCmd {
	cmd := redis.NewStatusCmd(ctx)
	cmd.SetErr(errors.New("kv: FLUSHALL would empty what belongs to others"))
	return cmd
}

// do runs one operation on Redis, see [link.Link.Do], and tells of its failure, unless it was not tried.
func (s *shared) do(ctx context.Context, what string, operation func(context.Context) error) error {
	err := s.link.Do(ctx, operation)
	if err == nil || err == link.ErrAway { //nolint:errorlint // wrapped it was tried
		return err
	}
	err = fmt.Errorf("redis: %s: %w", what, err)
	s.failed(err)
	return err
}

// get returns the value under key, with what is left of its time.
func (s *shared) get(ctx context.Context, key string) (value string, left time.Duration, ok bool) {
	var frame string
	err := s.do(ctx, "read a value", func(ctx context.Context) error {
		var err error
		frame, err = s.values.Get(ctx, s.prefix+"v:"+key)
		if errors.Is(err, store.NotFound{}) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", 0, false
	}
	value, expires, ok := decodeFrame(frame)
	left = min(time.Until(expires), s.maxAge)
	return value, left, ok && left > 0
}

// set keeps the value for a time.
func (s *shared) set(ctx context.Context, key, value string, stays time.Duration) {
	frame := encodeFrame(value, time.Now().Add(stays))
	_ = s.do(ctx, "write a value", func(ctx context.Context) error { // Failed was told
		return s.values.Set(ctx, s.prefix+"v:"+key, frame, store.WithExpiration(stays))
	})
}
