// Package link is a process's way to a Redis, for all of its parts that use the same one: one pool of connections, and one notion of
// whether Redis is there. Nothing waits long for it. Every operation takes at most 70 ms and is tried once; after a failed dial, or three
// failures in a row, Redis is away: operations fail at once, and once a second one operation, and one dial, finds out whether it is back.
package link

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	dialTimeout     = 50 * time.Millisecond
	exchangeTimeout = 20 * time.Millisecond
	probeEvery      = time.Second
	poolSize        = 64
)

// Deps are a Link's collaborators. All may be left out.
type Deps struct {
	// Dial opens a connection; a [net.Dialer] where it is nil. TLS is put on top where the address wants it.
	Dial Dialer
	// Exchange bounds a command with its answer [20ms], Probe is how often an operation and a dial find out whether Redis is back [1s]; for
	// tests with a real Redis on a busy machine.
	Exchange, Probe time.Duration
}

// Link is the way to one Redis. It is safe for concurrent use.
type Link struct {
	client   *redis.Client
	presence *presence
	timeout  time.Duration
	users    atomic.Int32
}

// New makes a Link that dials when first used. The address is one that [redis.ParseURL] accepts.
func New(address string, deps Deps) *Link {
	options, err := redis.ParseURL(address)
	if err != nil {
		panic("link: Validate accepted an address that does not parse")
	}
	if deps.Dial == nil {
		deps.Dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	exchange := cmp.Or(deps.Exchange, exchangeTimeout)
	p := newPresence(deps.Dial, cmp.Or(deps.Probe, probeEvery))
	l := &Link{client: redis.NewClient(bounded(options, p.dial, exchange)), presence: p, timeout: dialTimeout + exchange}
	l.users.Store(1)
	return l
}

// bounded sets what keeps a caller from waiting: the library's defaults are five dials of 5 s each and three retries.
func bounded(o *redis.Options, dial Dialer, exchange time.Duration) *redis.Options {
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
func encrypted(cfg *tls.Config, dial Dialer) Dialer {
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

// Client is go-redis's client, for use within [Link.Do], and for subscriptions, whose outcome is told by [Link.Report].
func (l *Link) Client() *redis.Client { return l.client }

// Do runs one operation, at most 70 ms long whatever the caller's ctx says, so that the outcome tells of Redis and not of the caller: a
// client that hangs up early must not count as an outage, nor go uncounted. [ErrAway] comes back at once where Redis is away.
func (l *Link) Do(ctx context.Context, operation func(context.Context) error) error {
	if !l.presence.allow() {
		return ErrAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.timeout)
	defer cancel()
	err := operation(ctx)
	l.presence.report(outage(err))
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
	return errors.As(err, &network) || errors.Is(err, ErrAway)
}

// Longest is how long an operation takes at the most.
func (l *Link) Longest() time.Duration { return l.timeout }

// Probe is how often it is found out whether Redis is back.
func (l *Link) Probe() time.Duration { return l.presence.probe }

// Away reports whether Redis is away; Dials counts the attempts to connect.
func (l *Link) Away() bool { return l.presence.away() }

// Dials counts the attempts to connect.
func (l *Link) Dials() uint64 { return l.presence.dials.Load() }

// Allow reports whether something besides Do may be tried now; its outcome is to be told by Report.
func (l *Link) Allow() bool { return l.presence.allow() }

// Report takes in the outcome of what was allowed.
func (l *Link) Report(err error) { l.presence.report(outage(err)) }

// Tell has hear called when Redis goes away, with the cause, and when it is back. It must not block.
func (l *Link) Tell(hear func(away bool, cause error)) {
	l.presence.mu.Lock()
	defer l.presence.mu.Unlock()
	l.presence.told = append(slices.Clip(l.presence.told), hear)
}

// Close gives the Link up; the last of its users ends the connections.
func (l *Link) Close() error {
	if l.users.Add(-1) > 0 {
		return nil
	}
	if err := l.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return err
	}
	return nil
}

// Links are the Links of a process, one for each address. A nil *Links makes one for each user.
type Links struct {
	deps Deps

	mu        sync.Mutex
	byAddress map[string]*Link
}

// NewLinks returns Links that have none yet.
func NewLinks(deps Deps) *Links { return &Links{deps: deps, byAddress: map[string]*Link{}} }

// To returns the Link to an address, for one more user, who closes it. Where there are no Links it has the dialer.
func (l *Links) To(address string, otherwise Deps) *Link {
	if l == nil {
		return New(address, otherwise)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if there := l.byAddress[address]; there != nil {
		there.users.Add(1)
		return there
	}
	l.byAddress[address] = New(address, l.deps)
	return l.byAddress[address]
}

// All are the Links there are.
func (l *Links) All() []*Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*Link, 0, len(l.byAddress))
	for _, link := range l.byAddress {
		all = append(all, link)
	}
	return all
}
