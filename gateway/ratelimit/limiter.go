package ratelimit

import (
	"context"
	"net"
	"time"

	"tiffin/internal/kv/link"
)

// Deps are a Limiter's collaborators.
type Deps struct {
	// Links are those of the process, so that its parts know together whether a Redis is there; nil: this Limiter has a link of its own.
	Links *link.Links
	// Dial reaches Redis where there are no Links; a net.Dialer where it is nil.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Away is told when Redis goes away, with the cause, and when it is back; nil for nobody. It must not block.
	Away func(away bool, cause error)

	// exchange replaces the link's bound of an exchange in a test with a real Redis on a busy machine.
	exchange time.Duration
}

// Limiter counts, in this process or, where a Redis is configured, together with other gateways. It is safe for concurrent use and
// starts nothing; Close ends its connections.
type Limiter struct {
	local    *local
	shared   *shared // nil: none
	gateways int
}

// NewLimiter makes a Limiter of a Config that is valid.
func NewLimiter(cfg Config, deps Deps) *Limiter {
	cfg = cfg.WithDefaults()
	l := &Limiter{local: newLocal(cfg.MaxKeys), gateways: cfg.Redis.Gateways}
	if cfg.Redis.URL != "" {
		l.shared = newShared(cfg.Redis, deps)
	}
	return l
}

// Take admits n of the key at once, or none. More than the limit's burst counts as the burst. It waits for Redis for 70 ms at most,
// and when Redis is away decides by this gateway's share.
func (l *Limiter) Take(ctx context.Context, key Key, limit Limit, n int) Decision {
	if l.shared == nil {
		return l.local.take(key, limit, n)
	}
	decision, err := l.shared.take(ctx, key, limit, n)
	if err != nil {
		return l.local.take(key, limit.share(l.gateways), n)
	}
	return decision
}

// Adjust gives back n that were taken; where n is negative it takes that many more, as far as there are any. The count never says that
// there is more than the burst, nor less than nothing.
func (l *Limiter) Adjust(ctx context.Context, key Key, limit Limit, n int) {
	switch {
	case n == 0:
	case l.shared == nil:
		l.local.adjust(key, limit, n)
	case l.shared.adjust(ctx, key, limit, n) != nil:
		l.local.adjust(key, limit.share(l.gateways), n)
	}
}

// Close ends the connections to Redis. The Limiter counts by itself afterwards.
func (l *Limiter) Close() error {
	if l.shared == nil {
		return nil
	}
	return l.shared.close()
}
