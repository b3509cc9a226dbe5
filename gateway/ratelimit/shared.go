package ratelimit

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	dialTimeout     = 50 * time.Millisecond
	exchangeTimeout = 20 * time.Millisecond
	poolSize        = 32
	// keyPrefix is what redis_rate puts before each key.
	keyPrefix = "rate:"
)

// adjusting moves the time that redis_rate keeps (seconds since 2017, by the clock of Redis). The library has no such thing: its
// AllowN with a negative number leaves the key as it is where nothing would be owed any more. ARGV: seconds to give back, seconds of
// the whole burst. A missing key owes nothing: there is nothing to give back, and what is taken counts from now.
const adjusting = `
local clock = redis.call("TIME")
local now = (clock[1] - 1483228800) + (clock[2] / 1000000)
local tat = math.max(tonumber(redis.call("GET", KEYS[1]) or now), now)
tat = math.min(tat - tonumber(ARGV[1]), now + tonumber(ARGV[2]))
if tat > now then
  redis.call("SET", KEYS[1], string.format("%.17g", tat), "EX", math.ceil(tat - now))
else
  redis.call("DEL", KEYS[1])
end
return 0`

// shared counts in a Redis, for all gateways together.
type shared struct {
	client   *redis.Client
	limiter  *redis_rate.Limiter
	adjuster *redis.Script
	presence *presence
	prefix   string
	timeout  time.Duration // of a command with all it waits for: a place in the pool, a dial, the exchange
}

// newShared makes the client; it dials when first used. The Config is valid.
func newShared(cfg RedisConfig, deps Deps) *shared {
	options, err := redis.ParseURL(cfg.URL)
	if err != nil {
		panic("ratelimit: Validate accepted an address that does not parse")
	}
	p := newPresence(deps)
	exchange := cmp.Or(deps.exchange, exchangeTimeout)
	client := redis.NewClient(bounded(options, p.dial, exchange))
	return &shared{
		client: client, limiter: redis_rate.NewLimiter(client), adjuster: redis.NewScript(adjusting), presence: p, prefix: cfg.Prefix,
		timeout: dialTimeout + exchange,
	}
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// bounded sets what keeps a caller from waiting: the library's defaults are five dials of 5 s each and three retries.
func bounded(o *redis.Options, dial dialer, exchange time.Duration) *redis.Options {
	o.Dialer = encrypted(o.TLSConfig, dial)
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout = dialTimeout
	o.ReadTimeout = exchange
	o.WriteTimeout = exchange
	o.PoolTimeout = exchange
	o.ContextTimeoutEnabled = true
	o.PoolSize = poolSize
	o.PipelinePoolSize = -1 // no second pool, with dials of its own
	o.Protocol = 2          // nothing pushed is wanted
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

// encrypted is dial for an address with TLS ("rediss"), which the library leaves to the dialer.
func encrypted(cfg *tls.Config, dial dialer) dialer {
	if cfg == nil {
		return dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return tls.Client(conn, cfg), nil // its handshake is part of the first exchange
	}
}

func (s *shared) take(ctx context.Context, key Key, limit Limit, n int) (Decision, error) {
	var decision Decision
	err := s.do(ctx, func(ctx context.Context) error {
		n := min(n, limit.Burst)
		result, err := s.limiter.AllowN(ctx, key.text(s.prefix), redis_rate.Limit{Rate: 1, Burst: limit.Burst, Period: limit.Every}, n)
		if err != nil {
			return err
		}
		decision = Decision{Allowed: result.Allowed == n, Remaining: result.Remaining, ResetAfter: max(0, result.ResetAfter)}
		if !decision.Allowed {
			decision.RetryAfter = max(time.Microsecond, result.RetryAfter)
		}
		return nil
	})
	return decision, err
}

func (s *shared) adjust(ctx context.Context, key Key, limit Limit, n int) error {
	return s.do(ctx, func(ctx context.Context) error {
		back := time.Duration(min(max(n, -limit.Burst), limit.Burst)) * limit.Every
		return s.adjuster.Run(ctx, s.client, []string{keyPrefix + key.text(s.prefix)}, back.Seconds(), limit.window().Seconds()).Err()
	})
}

// do runs one command, at most s.timeout long whatever the caller's ctx says, so that the outcome tells of Redis and not of the
// caller: a client that hangs up early must not count as an outage, nor go uncounted. errAway comes back at once where Redis is away.
func (s *shared) do(ctx context.Context, command func(context.Context) error) error {
	if !s.presence.allow() {
		return errAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	err := command(ctx)
	s.presence.report(err)
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

func (s *shared) close() error {
	if err := s.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}
