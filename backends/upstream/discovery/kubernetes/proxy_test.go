//go:build servers

package kubernetes_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/kubernetes"
)

// proxy is between a provider and the API server, as kubectl proxy is. It has watches end earlier than the provider asks for, and can hold
// them back.
type proxy struct {
	c       *cluster
	url     string
	seconds int
	lists   atomic.Int32
	gone    atomic.Int32  // answers of 410
	held    chan struct{} // a watch is about to begin
	release chan struct{}
	// versions are those that watches began with.
	versions chan string
}

// newProxy passes requests on with a token.
func newProxy(c *cluster, tokenFile string, seconds int) *proxy {
	c.t.Helper()
	p := &proxy{c: c, seconds: seconds, held: make(chan struct{}), release: make(chan struct{}), versions: make(chan string, 1000)}
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		c.t.Fatal(err)
	}
	authority, err := os.ReadFile(c.caFile)
	if err != nil {
		c.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	target := &url.URL{Scheme: "https", Host: c.addr}
	onward := &httputil.ReverseProxy{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}},
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		},
		ModifyResponse: p.look,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if query.Get("watch") == "" {
			p.lists.Add(1)
		} else {
			p.pause(r)
			p.versions <- query.Get("resourceVersion")
			query.Set("timeoutSeconds", strconv.Itoa(p.seconds))
			r.URL.RawQuery = query.Encode()
		}
		onward.ServeHTTP(w, r)
	}))
	c.t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// pause holds a watch back while between wants that.
func (p *proxy) pause(r *http.Request) {
	select {
	case p.held <- struct{}{}:
		select {
		case <-p.release:
		case <-r.Context().Done():
		}
	default:
	}
}

// between does something after one watch has ended and before the next begins. A watch that begins while nobody waits
// for it does so at once.
func (p *proxy) between(do func()) {
	<-p.held
	do()
	p.release <- struct{}{}
}

// look counts answers of 410, be they a status or an event of a watch.
func (p *proxy) look(res *http.Response) error {
	res.Body = &looked{ReadCloser: res.Body, p: p}
	return nil
}

// looked is the body of an answer.
type looked struct {
	io.ReadCloser
	p    *proxy
	seen []byte
	gone bool
}

// Read counts what it has seen before anybody else sees it.
func (l *looked) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	const most = 4 << 10
	l.seen = append(l.seen, b[:min(n, max(0, most-len(l.seen)))]...)
	if !l.gone && bytes.Contains(l.seen, []byte(`"code":410`)) {
		l.gone = true
		l.p.gone.Add(1)
		l.p.c.t.Logf("%s", l.seen)
	}
	return n, err
}

// watch watches through the proxy.
func (p *proxy) watch() *discoverytest.Watch {
	cfg := p.c.config("")
	cfg.API = p.url
	return discoverytest.Start(p.c.t, kubernetes.New(cfg, kubernetes.Deps{}), true)
}
