package kv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/eko/gocache/lib/v4/cache"
	"github.com/eko/gocache/lib/v4/store"
	redisstore "github.com/eko/gocache/store/redis/v4"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	dialTimeout     = 50 * time.Millisecond
	exchangeTimeout = 20 * time.Millisecond
	// operationTimeout bounds an operation with all it waits for: a place in the pool, a dial, the exchange.
	operationTimeout = dialTimeout + exchangeTimeout
	poolSize         = 32
)

// shared is the level in Redis: values as gocache keeps them, the generations of tags, and the channel on which invalidations are told.
type shared struct {
	values   *cache.Cache[string]
	client   *redis.Client
	presence *presence
	prefix   string
	maxAge   time.Duration
	failed   func(error)
}

// newShared makes the client; it dials when first used. The Config is valid.
func newShared(cfg Config, deps Deps) *shared {
	options, err := redis.ParseURL(cfg.Redis)
	if err != nil {
		panic("kv: Validate accepted an address that does not parse")
	}
	dial := deps.Dial
	if dial == nil {
		dial = redis.NewDialer(&redis.Options{DialTimeout: dialTimeout, TLSConfig: options.TLSConfig})
	}
	presence := newPresence(dial)
	client := redis.NewClient(bounded(options, presence.dial))
	return &shared{
		values:   cache.New[string](redisstore.NewRedis(noFlush{client})),
		client:   client,
		presence: presence,
		prefix:   cfg.Prefix,
		maxAge:   cfg.MaxAge,
		failed:   deps.Failed,
	}
}

// bounded sets what keeps a caller from waiting: the library's defaults are five dials of 5 s each and three retries.
func bounded(o *redis.Options, dial dialer) *redis.Options {
	o.Dialer = dial
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout = dialTimeout
	o.ReadTimeout = exchangeTimeout
	o.WriteTimeout = exchangeTimeout
	o.PoolTimeout = exchangeTimeout
	o.ContextTimeoutEnabled = true
	o.PoolSize = poolSize
	o.PipelinePoolSize = -1 // no second pool, with dials of its own
	o.Protocol = 2          // nothing pushed is wanted
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

// noFlush keeps gocache's Clear from emptying a Redis that others use, too.
type noFlush struct{ *redis.Client }

// FlushAll refuses.
func (noFlush) FlushAll(ctx context.Context) *redis.StatusCmd {
	cmd := redis.NewStatusCmd(ctx)
	cmd.SetErr(errors.New("kv: FLUSHALL would empty what belongs to others"))
	return cmd
}

// do runs one operation on Redis, at most operationTimeout long whatever the caller's ctx says, so that the outcome tells of Redis and
// not of the caller. errAway comes back at once where Redis is away.
func (s *shared) do(ctx context.Context, what string, operation func(context.Context) error) error {
	if !s.presence.allow() {
		return errAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), operationTimeout)
	defer cancel()
	err := operation(ctx)
	if err != nil {
		err = fmt.Errorf("redis: %s: %w", what, err)
		s.failed(err)
	}
	s.presence.report(outage(err))
	return err
}

// outage is err where it says that Redis was not reached; an answer that is an error (no memory left, read only) was reached.
func outage(err error) error {
	var answer redis.Error
	if errors.As(err, &answer) && !errors.Is(err, redis.Nil) && !isNetwork(err) {
		return nil
	}
	return err
}

func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, errAway)
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
