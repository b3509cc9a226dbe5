package health

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
)

// check asks once. It returns what is wrong, nil if nothing is.
func (c *Checker) check(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	target := c.target
	target.Host = addr
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return err
	}
	req.Host = c.host
	req.Header.Set("User-Agent", "tiffin-health")
	res, err := c.deps.Transport.RoundTrip(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close() // unread: it is the status that counts, and the connection is not used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}

// maxHeaderBytes bounds the head of an answer to a check.
const maxHeaderBytes = 16 << 10

// NewTransport returns what a Checker needs: each check has a connection of its own, so that it proves that the instance accepts them.
// dial and the TLS configuration are those of the calls; both may be nil. The protocol is negotiated as for the calls, too.
func NewTransport(dial func(ctx context.Context, network, addr string) (net.Conn, error), config *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        config.Clone(), // net/http writes the protocols it speaks into that of the calls
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}
