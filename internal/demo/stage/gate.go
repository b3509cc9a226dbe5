package stage

import (
	"net"
	"sync"
)

// Listen returns inner as the listener of an instance: while a [Down] fault hits it, a new connection is reset at once, and setting
// the fault resets those that are open.
func (f *Faults) Listen(service string, instance int, inner net.Listener) net.Listener {
	g := &gate{Listener: inner, faults: f, service: service, instance: instance, open: map[*gatedConn]struct{}{}}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gates = append(f.gates, g)
	return g
}

// gate is a listener that knows its open connections.
type gate struct {
	net.Listener
	faults   *Faults
	service  string
	instance int

	mu   sync.Mutex
	open map[*gatedConn]struct{}
}

// Accept implements net.Listener. The connection is tracked before the faults are asked: one that is set in between cuts it.
func (g *gate) Accept() (net.Conn, error) {
	for {
		inner, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn := g.track(inner)
		if !g.faults.down(g.service, g.instance) {
			return conn, nil
		}
		abort(conn)
	}
}

func (g *gate) track(inner net.Conn) *gatedConn {
	conn := &gatedConn{Conn: inner, gate: g}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open[conn] = struct{}{}
	return conn
}

// cut resets the open connections that chosen says yes to.
func (g *gate) cut(chosen func() bool) {
	g.mu.Lock()
	var conns []*gatedConn
	for conn := range g.open {
		if chosen() {
			conns = append(conns, conn)
		}
	}
	g.mu.Unlock()
	for _, conn := range conns {
		abort(conn)
	}
}

// gatedConn leaves its gate's books when it closes.
type gatedConn struct {
	net.Conn
	gate *gate
}

// Close implements net.Conn.
func (c *gatedConn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.open, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// SetLinger is that of *net.TCPConn, where the connection has it.
func (c *gatedConn) SetLinger(seconds int) error {
	if l, ok := c.Conn.(lingerer); ok {
		return l.SetLinger(seconds)
	}
	return nil
}

// lingerer is a connection that can be closed by a reset.
type lingerer interface{ SetLinger(seconds int) error }

// abort closes a connection by a reset, so that its peer sees an error and no orderly end.
func abort(conn net.Conn) {
	if l, ok := conn.(lingerer); ok {
		_ = l.SetLinger(0) // closed already: nothing to reset
	}
	_ = conn.Close() // closed already: as wanted
}
