package kubernetes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/discovery"
)

const (
	maxHeaderBytes = 64 << 10
	maxRefusal     = 64 << 10
	maxMessage     = 300
	// Pings find a connection whose other end has gone without saying so, in the silence of a watch.
	pingAfter   = 30 * time.Second
	pingTimeout = 15 * time.Second
)

// client speaks with the API server during one session.
type client struct {
	http      *http.Client
	tokenFile string // empty for no token
	base      url.URL
	query     url.Values
}

// connect prepares a client with the authorities as they are now; it opens no connection yet.
func (w *watch) connect() (*client, error) {
	base, err := url.Parse(w.api)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext:            w.dial,
		TLSHandshakeTimeout:    connectTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		IdleConnTimeout:        idleTimeout, // close does not see a connection whose last stream is only just ending
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
	c := &client{
		http:  &http.Client{Transport: transport, CheckRedirect: noRedirect},
		base:  *base.JoinPath("apis/discovery.k8s.io/v1/namespaces", w.cfg.Namespace, "endpointslices"),
		query: url.Values{"labelSelector": {"kubernetes.io/service-name=" + w.cfg.Service}},
	}
	if base.Scheme == "https" {
		c.tokenFile = w.cfg.TokenFile
		transport.TLSClientConfig, err = trust(w.cfg.CAFile)
	}
	return c, err
}

func (c *client) close() { c.http.CloseIdleConnections() }

// dial has a time of its own: a watch may take minutes, a connection may not.
func (p *Provider) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return p.deps.Dial(ctx, network, addr)
}

func trust(caFile string) (*tls.Config, error) {
	text, err := discovery.ReadSecret(caFile)
	if err != nil {
		return nil, fmt.Errorf("reading the CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, fmt.Errorf("the CA file %s holds no certificate in PEM", caFile)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// noRedirect keeps the token where it belongs.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// get asks for the slices, with parameters beside the selector. The caller closes the body of an answer, whose status is 200.
func (c *client) get(ctx context.Context, params map[string]string) (*http.Response, error) {
	target, query := c.base, maps.Clone(c.query)
	for name, value := range params {
		query.Set(name, value)
	}
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if err := c.authorize(req); err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, reason(err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, refusal(res)
	}
	return res, nil
}

// authorize reads the token anew, since the kubelet replaces it within the hour.
func (c *client) authorize(req *http.Request) error {
	if c.tokenFile == "" {
		return nil
	}
	token, err := discovery.ReadSecret(c.tokenFile)
	if err != nil {
		return fmt.Errorf("reading the token: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// reason leaves the URL out of an error, which has been said already.
func reason(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// status is what the API server says of an error: metav1.Status.
type status struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (s status) Error() string {
	text := s.Message[:min(len(s.Message), maxMessage)]
	remedy := ""
	if s.Code == http.StatusForbidden || s.Code == http.StatusUnauthorized {
		remedy = "; the service account needs list and watch on endpointslices.discovery.k8s.io in the namespace"
	}
	return fmt.Sprintf("status %d, %q%s", s.Code, text, remedy)
}

// refusal is the status in the body of an answer, which it closes, or a status made of the beginning of another body.
func refusal(res *http.Response) error {
	var s status
	content, err := body.Read(res, maxRefusal)
	switch {
	case err != nil:
		s.Message = err.Error() // the code says more
	case json.Unmarshal(content, &s) != nil || s.Message == "":
		s.Message = strings.TrimSpace(string(content))
	}
	s.Code = res.StatusCode
	return s
}

// isGone says that the version we know is too old to go on from.
func isGone(err error) bool {
	s, ok := errors.AsType[status](err)
	return ok && s.Code == http.StatusGone
}
