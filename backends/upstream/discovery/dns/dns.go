// Package dns is the provider of instances that the Domain Name System knows:
//
//	dns://orders.shop.internal:8100             the name's A and AAAA records, all with this port
//	dns+srv://_orders._tcp.shop.internal        SRV records (RFC 2782): port and weight from DNS too
//
// The answer holds as long as its records' time to live says, within bounds. Names are absolute: the search domains of resolv.conf are not
// tried, since they would turn a misspelt name into five queries and perhaps into somebody else's instances. Resolvers are asked by UDP
// with EDNS0, and by TCP where the answer does not fit (RFC 7766); the next resolver is asked when one does not answer or cannot.
//
//	Watch ── session ──┬── addresses ──┐
//	                   └── services ───┴── lookup (aliases) ── resolver (several, twice) ── exchange (UDP, TCP)
package dns

import (
	"context"
	"fmt"
	"net"
	"time"

	"tiffin/backends/upstream/discovery"
)

// sessionTimeout bounds all queries of one session. Those for the hosts of many SRV records follow one another.
const sessionTimeout = 30 * time.Second

// Config says what to ask and whom.
type Config struct {
	// Name is the name to resolve, absolute with or without a dot at its end.
	Name string
	// SRV asks for SRV records and then for their targets; else Name's addresses are asked for and Port is theirs.
	SRV  bool
	Port uint16
	// Family of addresses [any].
	Family discovery.Family
	// Resolvers, each "host:port" with an IP address as host, in order of preference; empty for those in ResolvConf.
	Resolvers []string
	// ResolvConf is read before every session [/etc/resolv.conf].
	ResolvConf string
	// MinTTL and MaxTTL bound how long an answer holds [1s, 5m].
	MinTTL, MaxTTL time.Duration
	// Timeout of one exchange with one resolver [2s]; each is asked twice.
	Timeout time.Duration
	Backoff discovery.Backoff
}

// Defaults returns a Config that lacks only the name, and the port or SRV.
func Defaults() Config {
	return Config{
		Family:     discovery.AnyFamily,
		ResolvConf: "/etc/resolv.conf",
		MinTTL:     time.Second,
		MaxTTL:     5 * time.Minute,
		Timeout:    2 * time.Second,
		Backoff:    discovery.DefaultBackoff(),
	}
}

// Deps are the collaborators of a Provider.
type Deps struct {
	// Dial connects to a resolver by "udp" or "tcp"; a net.Dialer where it is nil. A connection that is no net.PacketConn carries messages
	// as TCP does, with their length in front.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Provider resolves a name again and again.
type Provider struct {
	cfg  Config
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// New returns a Provider. It asks nothing yet.
func New(cfg Config, deps Deps) *Provider {
	if deps.Dial == nil {
		deps.Dial = (&net.Dialer{}).DialContext
	}
	return &Provider{cfg, deps.Dial}
}

// Watch implements discovery.Provider.
func (p *Provider) Watch(ctx context.Context, update func([]discovery.Endpoint), failed func(error)) error {
	return discovery.Follow(ctx, p.cfg.Backoff, p.session, update, failed)
}

// session resolves the name once.
func (p *Provider) session(ctx context.Context, tell discovery.Tell) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	servers, err := p.resolvers()
	if err != nil {
		return 0, err
	}
	r := resolver{dial: p.dial, servers: servers, timeout: p.cfg.Timeout}
	set, ttl, err := p.resolve(ctx, lookup{ask: r.ask, family: p.cfg.Family})
	if err != nil {
		return 0, fmt.Errorf("resolving %s: %w", p.cfg.Name, err)
	}
	tell(set, nil)
	return min(max(ttl, p.cfg.MinTTL), p.cfg.MaxTTL), nil
}

// resolve returns a set that is not empty.
func (p *Provider) resolve(ctx context.Context, l lookup) (set []discovery.Endpoint, ttl time.Duration, err error) {
	if p.cfg.SRV {
		set, ttl, err = l.services(ctx, p.cfg.Name)
	} else {
		var found found
		found, err = l.addresses(ctx, p.cfg.Name)
		set, ttl = found.endpoints(p.cfg.Port, 0), found.ttl
	}
	if err == nil && len(set) == 0 {
		err = discovery.ErrEmpty
	}
	return set, ttl, err
}

var _ discovery.Provider = (*Provider)(nil)
