package testkit

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is one end of an in-memory connection. Its errors are those of a TCP
// connection: *net.OpError round net.ErrClosed, os.ErrDeadlineExceeded, EPIPE or
// ECONNRESET, and a bare io.EOF.
type conn struct {
	in, out       *stream
	local, remote address
	linger        atomic.Bool // false after SetLinger(0): Close resets
	onClose       func()      // called once, by the first Close
	closed        atomic.Bool
}

// newConnPair returns the two ends of one connection.
func newConnPair(client, server address) (c, s *conn) {
	up, down := newStream(), newStream()
	c = &conn{in: down, out: up, local: client, remote: server, onClose: func() {}}
	s = &conn{in: up, out: down, local: server, remote: client, onClose: func() {}}
	c.linger.Store(true)
	s.linger.Store(true)
	return c, s
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

// Write implements net.Conn. It returns once every byte is buffered, at most
// 64 KiB ahead of the reader.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, c.wrap("write", err)
}

// Close implements net.Conn. The other end reads what is buffered, then io.EOF;
// after SetLinger(0) it gets ECONNRESET instead, in reading and in writing.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return c.wrap("close", net.ErrClosed)
	}
	// In this order: when the other end hears of it, nothing that it still sends is read here any more.
	if c.linger.Load() {
		c.in.closeRead(syscall.EPIPE)
	} else {
		c.in.closeRead(syscall.ECONNRESET)
		c.out.reset()
	}
	c.out.closeWrite()
	c.onClose()
	return nil
}

// SetLinger has the one use that *net.TCPConn.SetLinger has in tests: with 0,
// Close resets the connection. Other values change nothing.
func (c *conn) SetLinger(seconds int) error {
	c.linger.Store(seconds != 0)
	return nil
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	if c.closed.Load() {
		return c.wrap("set", net.ErrClosed)
	}
	c.in.setReadDeadline(t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if c.closed.Load() {
		return c.wrap("set", net.ErrClosed)
	}
	c.out.setWriteDeadline(t)
	return nil
}

func (c *conn) wrap(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.remote, Err: err}
}

// address is a host:port of the in-memory network.
type address string

// Network implements net.Addr.
func (address) Network() string { return "memory" }

// String implements net.Addr.
func (a address) String() string { return string(a) }
