package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
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

// connections are the pooled connections to all instances.
type connections struct{ *http.Transport }

func newConnections(dial dialer, serverName string, idle time.Duration) connections {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return connections{&http.Transport{
		DialContext:            dial.within(dialTimeout),
		TLSHandshakeTimeout:    dialTimeout,
		TLSClientConfig:        &tls.Config{ServerName: serverName, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true, // with https; a DialContext turns it off otherwise
		MaxIdleConnsPerHost:    maxIdlePerInstance,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: maxHeaderBytes,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		DisableCompression:     true, // the services are near, CPU is dearer than bytes
	}}
}

// attach is the innermost position.
func (c connections) attach(http.RoundTripper) http.RoundTripper { return c.Transport }

// drop closes the connections to instances that have left: those in the pool at once, those at work as soon as every call that was under
// way has ended, within longest. net/http closes idle connections of all hosts or of none; the others are opened again when needed.
func (c connections) drop(ctx context.Context, longest time.Duration) {
	c.CloseIdleConnections()
	again := time.NewTimer(longest)
	defer again.Stop()
	select {
	case <-again.C:
	case <-ctx.Done():
	}
	c.CloseIdleConnections()
}
