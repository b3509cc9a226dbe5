package ratelimit

import (
	"context"
	"fmt"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"tiffin/internal/kv/link"
)

// keyPrefix is what redis_rate puts before each key.
const keyPrefix = "rate:"

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
	limiter  *redis_rate.Limiter
	adjuster *redis.Script
	link     *link.Link
	prefix   string
}

// newShared takes the link, which dials when first used. The Config is valid.
func newShared(cfg RedisConfig, deps Deps) *shared {
	to := deps.Links.To(cfg.URL, link.Deps{Dial: deps.Dial, Exchange: deps.exchange})
	if deps.Away != nil {
		to.Tell(deps.Away)
	}
	return &shared{limiter: redis_rate.NewLimiter(to.Client()), adjuster: redis.NewScript(adjusting), link: to, prefix: cfg.Prefix}
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
		return s.adjuster.Run(ctx, s.link.Client(), []string{keyPrefix + key.text(s.prefix)}, back.Seconds(), limit.window().Seconds()).Err()
	})
}

func (s *shared) do(ctx context.Context, command func(context.Context) error) error {
	if err := s.link.Do(ctx, command); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

func (s *shared) close() error {
	if err := s.link.Close(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}
