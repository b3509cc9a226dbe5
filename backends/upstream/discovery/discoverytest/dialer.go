package discoverytest

import (
	"context"
	"net"
	"sync/atomic"
)

// Dialer counts the connections that a provider has open.
type Dialer struct {
	// Next opens them.
	Next func(ctx context.Context, network, addr string) (net.Conn, error)
	open atomic.Int32
}

// DialContext is for a provider's Deps. Its connections carry messages as TCP does, whatever Next's are.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.Next(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.open.Add(1)
	return &counted{Conn: conn, open: &d.open}, nil
}

// Open is how many have been opened and not closed.
func (d *Dialer) Open() int { return int(d.open.Load()) }

type counted struct {
	net.Conn
	closed atomic.Bool
	open   *atomic.Int32
}

func (c *counted) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}
