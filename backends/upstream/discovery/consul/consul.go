// Package consul is the provider of instances that Consul knows: consul://127.0.0.1:8500/orders?tag=v1&dc=eu. It asks for the healthy ones
// (all checks passing) by blocking queries of plain HTTP, so a change is seen within a fraction of a second, and an answer without one
// costs a request in five minutes.
package consul

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"tiffin/backends/upstream/discovery"
)

// Bounds of the conversation with an agent.
const (
	// slack is what an answer may take beyond the time it may block; Consul itself adds up to a sixteenth of that.
	slack          = 10 * time.Second
	connectTimeout = 5 * time.Second
	maxHeaderBytes = 64 << 10
)

// Config says what to ask and whom.
type Config struct {
	// Addr is the agent's or server's "host:port"; TLS asks it by HTTPS, with CAFile's authorities, or the system's where that is empty.
	Addr   string
	TLS    bool
	CAFile string
	// Service is the name of the service; Tags are all wanted; Datacenter is the agent's where it is empty.
	Service    string
	Tags       []string
	Datacenter string
	// TokenFile holds the ACL token and is read for every request; TokenEnv is the environment variable that does; no token where both are
	// empty.
	TokenFile, TokenEnv string
	// Wait is how long an answer may block when nothing changes [5m]; Consul allows 10m.
	Wait time.Duration
	// Backoff.Base [100ms] is the shortest time between two answers, so that a service that changes all the time costs little.
	Backoff discovery.Backoff
}

// Defaults returns a Config that lacks only the address and the service.
func Defaults() Config { return Config{Wait: 5 * time.Minute, Backoff: discovery.DefaultBackoff()} }

// Deps are the collaborators of a Provider.
type Deps struct {
	// Dial connects to the agent; a net.Dialer where it is nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Getenv reads the environment; os.Getenv where it is nil.
	Getenv func(name string) string
}

// Provider asks Consul for one service.
type Provider struct {
	cfg  Config
	deps Deps
}

// New returns a Provider. It opens nothing yet.
func New(cfg Config, deps Deps) *Provider {
	if deps.Dial == nil {
		deps.Dial = (&net.Dialer{}).DialContext
	}
	if deps.Getenv == nil {
		deps.Getenv = os.Getenv
	}
	return &Provider{cfg, deps}
}

// Watch implements discovery.Provider. It returns an error where the CA file cannot be used.
func (p *Provider) Watch(ctx context.Context, update func([]discovery.Endpoint), failed func(error)) error {
	transport, err := p.transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	w := &watch{Provider: p, client: &http.Client{Transport: transport, CheckRedirect: noRedirect}}
	return discovery.Follow(ctx, p.cfg.Backoff, w.session, update, failed)
}

// watch is the state of one Watch.
type watch struct {
	*Provider
	client *http.Client
	// index is where the next query goes on; 0 is answered at once.
	index uint64
}

// session is one blocking query. After a failure the next one does not block.
func (w *watch) session(ctx context.Context, tell discovery.Tell) (time.Duration, error) {
	patience := slack
	if w.index > 0 {
		patience += w.cfg.Wait + w.cfg.Wait/16
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	set, index, err := w.ask(ctx, w.index)
	if err != nil {
		w.index = 0
		return 0, fmt.Errorf("asking Consul at %s for %s: %w", w.cfg.Addr, w.cfg.Service, err)
	}
	w.index = next(w.index, index)
	tell(set, w.unseen(set))
	return 0, nil
}

// unseen explains an empty answer to a caller without a token. Consul filters such an answer without saying so, unlike that to a token
// without rights; if nothing was filtered, the next query has to wait for a change as any other.
func (w *watch) unseen(set []discovery.Endpoint) error {
	if len(set) > 0 || w.cfg.TokenFile != "" || w.cfg.TokenEnv != "" {
		return nil
	}
	return fmt.Errorf("%w; no ACL token is configured: where Consul has ACLs it needs service:read and node:read", discovery.ErrEmpty)
}

// next is the index to go on with, by the rules of Consul's documentation of blocking queries: one that went backwards starts anew, since
// the servers were restored or replaced and might not reach the old one for long; and it is never 0, which would not block.
func next(last, index uint64) uint64 {
	if index < last {
		return 0
	}
	return max(index, 1)
}

func (p *Provider) transport() (*http.Transport, error) {
	t := &http.Transport{
		DialContext:            p.connect,
		TLSHandshakeTimeout:    connectTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	if p.cfg.CAFile == "" {
		return t, nil
	}
	text, err := discovery.ReadSecret(p.cfg.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading Consul's CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, fmt.Errorf("Consul's CA file %s holds no certificate in PEM", p.cfg.CAFile) //nolint:staticcheck // a name
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

// connect dials within a time of its own: the answer may take minutes, a connection may not.
func (p *Provider) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return p.deps.Dial(ctx, network, addr)
}

// noRedirect keeps the token where it belongs.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// token is the ACL token, empty where none is configured.
func (p *Provider) token() (string, error) {
	if p.cfg.TokenFile != "" {
		token, err := discovery.ReadSecret(p.cfg.TokenFile)
		if err != nil {
			return "", fmt.Errorf("reading the ACL token: %w", err)
		}
		return token, nil
	}
	if p.cfg.TokenEnv == "" {
		return "", nil
	}
	if token := p.deps.Getenv(p.cfg.TokenEnv); token != "" {
		return token, nil
	}
	return "", errors.New("the environment variable that token_env names is empty")
}

var _ discovery.Provider = (*Provider)(nil)
