package testkit

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// The ports of clients: the dynamic range of RFC 6335, used round and round.
const (
	firstPort = 49152
	portCount = 65536 - firstPort
)

// idleConns bounds the idle connections a Transport keeps per host.
const idleConns = 64

// Network connects HTTP clients with servers by host name, in memory. Its
// servers are real http.Servers and its clients real http.Transports; only the
// connections are not sockets. It is safe for concurrent use.
//
// Every client appears to its server as 192.0.2.1 (RFC 5737), each connection
// with a port of its own.
type Network struct {
	mu      sync.Mutex
	byName  map[string]*host
	hosts   []*host // also those whose name was taken over
	dialled int
	closed  bool
}

// NewNetwork returns a network without hosts. Whoever makes it closes it.
func NewNetwork() *Network {
	return &Network{byName: map[string]*host{}}
}

// Start returns a network that serves each handler under its host name and is
// closed when the test ends.
func Start(t T, handlers map[string]http.Handler) *Network {
	t.Helper()
	n := NewNetwork()
	t.Cleanup(n.Close)
	for name, handler := range handlers {
		n.Serve(name, handler)
	}
	return n
}

// Listen opens name for connections that the caller accepts. A name is "host",
// reached on every port, or "host:port", which is preferred. It panics when the
// name is in use or the network is closed: both are mistakes in the test.
func (n *Network) Listen(name string) net.Listener {
	return n.add(name, nil).listener
}

// Serve runs an http.Server with the handler under the name (see Listen) until
// Stop or Close.
func (n *Network) Serve(name string, handler http.Handler) {
	n.add(name, handler)
}

// add takes the name and, if there is a handler, serves it.
func (n *Network) add(name string, handler http.Handler) *host {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		panic("testkit: Listen or Serve on a closed network: " + name)
	}
	if old := n.byName[name]; old != nil && !old.listener.isClosed() {
		panic("testkit: the name is in use: " + name)
	}
	h := &host{listener: newListener(withPort(name))}
	n.byName[name] = h
	n.hosts = append(n.hosts, h)
	if handler != nil {
		h.serve(handler)
	}
	return h
}

// Stop ends the named host as a crash would: its connections are cut, the
// contexts of its requests end, and new connections are refused until the name
// is served again. It returns when the handlers have (a handler that hijacked
// its connection is not waited for), so no handler may call it. A name that
// nobody serves is left as it is.
func (n *Network) Stop(name string) {
	n.mu.Lock()
	h := n.byName[name]
	n.mu.Unlock()
	if h != nil {
		h.end()
	}
}

// Close stops every host (see Stop), which ends the transports' connections too:
// no goroutine of the network is left once the responses in flight are closed by
// their readers. It may be called more than once.
func (n *Network) Close() {
	n.mu.Lock()
	n.closed = true
	hosts := slices.Clone(n.hosts)
	n.mu.Unlock()
	for _, h := range hosts {
		h.end()
	}
}

// Transport returns a new http.Transport, with connections of its own, whose
// host names are those of the network.
func (n *Network) Transport() *http.Transport {
	return &http.Transport{DialContext: n.DialContext, MaxIdleConnsPerHost: idleConns}
}

// Client returns a new http.Client over a new Transport.
func (n *Network) Client() *http.Client {
	return &http.Client{Transport: n.Transport()}
}

// DialContext connects to the host that listens on addr ("host:port"), whatever
// the network argument says. Its errors are those of a net.Dialer: a *net.OpError
// round a *net.DNSError for a name that never was, ECONNREFUSED for one that
// stopped, or the error of ctx.
func (n *Network) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	h, from := n.route(addr)
	if h == nil {
		return nil, dialError(addr, &net.DNSError{Err: "no such host", Name: addr, IsNotFound: true})
	}
	c, err := h.listener.connect(ctx, from)
	if err != nil {
		return nil, dialError(addr, err)
	}
	return c, nil
}

// route finds the host for addr, nil if there is none, and a client's address.
func (n *Network) route(addr string) (*host, address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.byName[addr]
	if h == nil {
		name, _, _ := net.SplitHostPort(addr) // a wrong addr is no host's name
		h = n.byName[name]
	}
	port := firstPort + n.dialled%portCount
	n.dialled++
	return h, address(net.JoinHostPort("192.0.2.1", strconv.Itoa(port)))
}

func dialError(addr string, err error) error {
	return &net.OpError{Op: "dial", Net: address("").Network(), Addr: address(addr), Err: err}
}

// withPort completes a name to an address, with the port of plain HTTP.
func withPort(name string) address {
	if _, _, err := net.SplitHostPort(name); err == nil {
		return address(name)
	}
	return address(net.JoinHostPort(name, "80"))
}
