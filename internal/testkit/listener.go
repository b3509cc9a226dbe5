package testkit

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// listener is a host's net.Listener. It knows its open connections, so that the
// network can cut those that a server has lost sight of.
type listener struct {
	addr   address
	accept chan *conn
	closed chan struct{}
	once   sync.Once // closes closed

	mu   sync.Mutex
	open map[*conn]struct{}
	cut  bool // no connection may be opened any more, not even one on its way
}

func newListener(addr address) *listener {
	return &listener{
		addr:   addr,
		accept: make(chan *conn),
		closed: make(chan struct{}),
		open:   map[*conn]struct{}{},
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: l.addr.Network(), Addr: l.addr, Err: net.ErrClosed}
	}
}

// Close implements net.Listener: no connection is accepted any more, those that
// are open stay.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.addr }

// isClosed says whether the name is free for another listener.
func (l *listener) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// connect hands a new connection to Accept and returns the client's end. It
// waits until the server accepts, the listener closes (ECONNREFUSED) or ctx ends.
func (l *listener) connect(ctx context.Context, from address) (net.Conn, error) {
	client, server := newConnPair(from, l.addr)
	if !l.track(server) {
		return nil, syscall.ECONNREFUSED
	}
	select {
	case l.accept <- server:
		return client, nil
	case <-l.closed:
		_ = server.Close()
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		_ = server.Close()
		return nil, ctx.Err()
	}
}

// track remembers a connection until it closes. It reports false once closeAll
// has run.
func (l *listener) track(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	l.open[c] = struct{}{}
	c.onClose = func() { l.untrack(c) }
	return true
}

func (l *listener) untrack(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// closeAll cuts every connection to this listener, now and later.
func (l *listener) closeAll() {
	for _, c := range l.cutAll() {
		_ = c.Close() // closed by its server in the meantime: nothing to do
	}
}

func (l *listener) cutAll() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	conns := make([]*conn, 0, len(l.open))
	for c := range l.open {
		conns = append(conns, c)
	}
	return conns
}
