package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tiffin/backends/upstream/certs"
	"tiffin/backends/upstream/health"
)

const (
	// maxIdlePerInstance connections are kept open to each instance; with fewer a burst would open and close them all the time.
	maxIdlePerInstance = 128
	// maxHeaderBytes bounds the head of an answer; bodies are bounded where they are read.
	maxHeaderBytes = 64 << 10
	// dialTimeout bounds connecting. net/http goes on dialling when the call that asked for it has ended, so that the dial needs a bound of
	// its own.
	dialTimeout = time.Second
	// pingAfter is how long a connection of HTTP/2 may be silent before it is asked whether it lives, and pingTimeout how long it may take to
	// say so. A call that runs out of time closes a connection of HTTP/1.1; of HTTP/2 it leaves one whose other end has gone without a word to
	// all calls after it, until TCP gives up after some 15 minutes.
	pingAfter   = 10 * time.Second
	pingTimeout = 5 * time.Second
)

// dialer opens a connection.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

func (d dialer) within(timeout time.Duration) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return d(ctx, network, addr)
	}
}

// connections carry what is sent to all instances. Where the certificates' files have changed others take the place of those that were made
// before: a busy connection, and one of HTTP/2 above all, would live on for as long as there are calls.
type connections struct {
	dial    dialer
	idle    time.Duration
	files   *certs.Store
	current atomic.Pointer[generation]

	mu      sync.Mutex
	retired []*http.Transport // of before, which may still be at work
	renewed chan struct{}     // has a value when there is one more
}

// generation is what was made of one state of the certificates' files.
type generation struct{ calls, checks *http.Transport }

// newConnections reads the files of cfg. Its error says what is wrong with them.
func newConnections(dial dialer, cfg certs.Config, idle time.Duration) (*connections, error) {
	files, err := certs.New(cfg)
	if err != nil {
		return nil, err
	}
	c := &connections{dial: dial, idle: idle, files: files, renewed: make(chan struct{}, 1)}
	c.current.Store(c.make())
	return c, nil
}

func (c *connections) make() *generation {
	return &generation{calls: newTransport(c.dial, c.files.TLS(), c.idle), checks: health.NewTransport(c.dial, c.files.TLS())}
}

// newTransport pools connections.
func newTransport(dial dialer, config *tls.Config, idle time.Duration) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &http.Transport{
		DialContext:            dial.within(dialTimeout),
		TLSHandshakeTimeout:    dialTimeout,
		TLSClientConfig:        config,
		ForceAttemptHTTP2:      true, // with https; a DialContext turns it off otherwise
		MaxIdleConnsPerHost:    maxIdlePerInstance,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: maxHeaderBytes,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		DisableCompression:     true, // the services are near, CPU is dearer than bytes
	}
}

// RoundTrip implements [http.RoundTripper], for calls.
func (c *connections) RoundTrip(req *http.Request) (*http.Response, error) {
	return explained(c.current.Load().calls.RoundTrip(req))
}

// checks carry active checks.
type checks struct{ *connections }

func (c checks) RoundTrip(req *http.Request) (*http.Response, error) {
	return explained(c.current.Load().checks.RoundTrip(req))
}

func explained(res *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, certs.Explain(err)
	}
	return res, nil
}

// reload reads the certificates' files again. Where they have changed, calls from now on have connections of their own. Those of before are
// closed, the ones at work by endRetired.
func (c *connections) reload() (changed bool, err error) {
	if changed, err = c.files.Reload(); !changed {
		return false, err
	}
	before := c.current.Swap(c.make()).calls
	c.mu.Lock()
	c.retired = append(c.retired, before)
	c.mu.Unlock()
	before.CloseIdleConnections()
	select {
	case c.renewed <- struct{}{}:
	default: // it will be seen with the one before
	}
	return true, nil
}

// endRetired closes connections of before a reload that were at work then, when every call that was under way has ended, within longest;
// until ctx ends.
func (c *connections) endRetired(ctx context.Context, longest time.Duration) {
	for {
		select {
		case <-c.renewed:
		case <-ctx.Done():
			return
		}
		c.mu.Lock()
		retired := len(c.retired)
		c.mu.Unlock()
		rest(ctx, longest)
		c.closeRetired(retired)
	}
}

// closeRetired closes what waits for another call of the first many that are retired, and forgets them.
func (c *connections) closeRetired(many int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, before := range c.retired[:many] {
		before.CloseIdleConnections()
	}
	c.retired = slices.Delete(c.retired, 0, many)
}

// drop closes the connections to instances that have left: those in the pool at once, those at work as soon as every call that was under
// way has ended, within longest. net/http closes idle connections of all hosts or of none; the others are opened again when needed.
func (c *connections) drop(ctx context.Context, longest time.Duration) {
	c.current.Load().calls.CloseIdleConnections()
	rest(ctx, longest)
	c.current.Load().calls.CloseIdleConnections()
}

// close closes what waits for another call.
func (c *connections) close() {
	c.current.Load().calls.CloseIdleConnections()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, before := range c.retired {
		before.CloseIdleConnections()
	}
}

func rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
