package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/gateway/certs"
	"tiffin/internal/testkit/pki"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server by a Store over a real socket, with its files.
type site struct {
	t      *testing.T
	store  *certs.Store
	folder string
	url    string
	roots  *x509.CertPool
}

func (s *site) write(name string, text []byte) string {
	s.t.Helper()
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// open serves with a certificate of ca, asking clients for one of clients where there is such.
func open(t *testing.T, mode certs.ClientAuth, minVersion string, ca, clients *pki.CA) *site {
	t.Helper()
	s := &site{t: t, folder: t.TempDir(), roots: ca.Pool()}
	leaf := ca.Issue(pki.Leaf{DNS: []string{"first.test"}, Server: true})
	cfg := certs.Config{Cert: s.write("cert.pem", leaf.CertPEM), Key: s.write("key.pem", leaf.KeyPEM), ClientAuth: mode, MinVersion: minVersion}
	if clients != nil {
		cfg.ClientCA = s.write("clients.pem", clients.PEM)
	}
	if problems := cfg.Validate(); problems != nil {
		t.Fatal(problems)
	}
	var err error
	if s.store, err = certs.New(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if len(r.TLS.VerifiedChains) > 0 {
			who = r.TLS.PeerCertificates[0].DNSNames[0]
		}
		_, _ = fmt.Fprintf(w, "%s %s", r.Proto, who)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.TLSConfig = s.store.TLS()
	go func() { _ = server.Config.ServeTLS(server.Listener, "", "") }()
	t.Cleanup(func() { _ = server.Config.Close() })
	s.url = "https://" + server.Listener.Addr().String()
	return s
}

// get is one request over a connection of its own: what was answered, and the name of the server.
func (s *site) get(name string, change func(*tls.Config)) (text, server string, err error) {
	cfg := &tls.Config{RootCAs: s.roots, ServerName: name}
	if change != nil {
		change(cfg)
	}
	transport := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	res, err := client.Get(s.url)
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), res.TLS.PeerCertificates[0].DNSNames[0], err
}

// by shows a certificate, also to a server that does not name its authority among those that it accepts.
func by(leaf *pki.Certificate) func(*tls.Config) {
	return func(c *tls.Config) {
		if leaf != nil {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &leaf.TLS, nil }
		}
	}
}

func TestClientCertificates(t *testing.T) {
	ca, clients, strangers := pki.NewCA("servers"), pki.NewCA("clients"), pki.NewCA("strangers")
	good := clients.Issue(pki.Leaf{DNS: []string{"kiosk.test"}})
	stranger := strangers.Issue(pki.Leaf{DNS: []string{"kiosk.test"}})
	expired := clients.Issue(pki.Leaf{DNS: []string{"kiosk.test"}, Until: time.Now().Add(-time.Minute)})
	server := clients.Issue(pki.Leaf{DNS: []string{"kiosk.test"}, Server: true})
	for _, c := range []struct {
		name string
		mode certs.ClientAuth
		cert *pki.Certificate
		want string // empty: no answer
	}{
		{"none", certs.None, nil, "HTTP/2.0 nobody"},
		{"none, certificate", certs.None, &good, "HTTP/2.0 nobody"},
		{"request", certs.Request, nil, "HTTP/2.0 nobody"},
		{"request, good", certs.Request, &good, "HTTP/2.0 kiosk.test"},
		{"request, of a stranger", certs.Request, &stranger, ""},
		{"request, expired", certs.Request, &expired, ""},
		{"request, a server's", certs.Request, &server, ""},
		{"require", certs.Require, nil, ""},
		{"require, good", certs.Require, &good, "HTTP/2.0 kiosk.test"},
		{"require, of a stranger", certs.Require, &stranger, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			authority := clients
			if c.mode == certs.None {
				authority = nil
			}
			s := open(t, c.mode, "", ca, authority)
			got, _, err := s.get("first.test", by(c.cert))
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestVersions(t *testing.T) {
	ca := pki.NewCA("servers")
	for _, c := range []struct {
		least string
		speak uint16
		ok    bool
	}{
		{"", tls.VersionTLS11, false},
		{"", tls.VersionTLS12, true},
		{"1.3", tls.VersionTLS12, false},
		{"1.3", tls.VersionTLS13, true},
	} {
		s := open(t, certs.None, c.least, ca, nil)
		_, _, err := s.get("first.test", func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, c.speak })
		if (err == nil) != c.ok {
			t.Errorf("%q, spoken to by %s: %v", c.least, tls.VersionName(c.speak), err)
		}
	}
}

// A certificate that is replaced is shown from then on; one that is half replaced, or broken, is not.
func TestReload(t *testing.T) {
	ca := pki.NewCA("servers")
	s := open(t, certs.None, "", ca, nil)
	shows := func(want string) {
		t.Helper()
		if _, got, err := s.get(want, nil); err != nil || got != want {
			t.Errorf("shows %q, want %q: %v", got, want, err)
		}
	}
	reload := func(want, fails bool) {
		t.Helper()
		if changed, err := s.store.Reload(); changed != want || (err != nil) != fails {
			t.Errorf("changed: %v, %v", changed, err)
		}
	}
	shows("first.test")
	reload(false, false)
	second := ca.Issue(pki.Leaf{DNS: []string{"second.test"}, Server: true})
	s.write("cert.pem", second.CertPEM)
	reload(false, true) // the key is still the first one's
	shows("first.test")
	s.write("key.pem", second.KeyPEM)
	reload(true, false)
	shows("second.test")
	s.write("cert.pem", []byte("no certificate"))
	reload(false, true)
	if err := os.Remove(filepath.Join(s.folder, "key.pem")); err != nil {
		t.Fatal(err)
	}
	reload(false, true)
	s.write("key.pem", []byte(strings.Repeat("x", 2<<20)))
	reload(false, true)
	shows("second.test")
}

// Clients of an authority that was taken off the list are strangers from then on, also where they were here before.
func TestReloadOfAuthorities(t *testing.T) {
	ca, before, after := pki.NewCA("servers"), pki.NewCA("before"), pki.NewCA("after")
	s := open(t, certs.Request, "", ca, before)
	sessions := tls.NewLRUClientSessionCache(10)
	old, next := before.Issue(pki.Leaf{DNS: []string{"old.test"}}), after.Issue(pki.Leaf{DNS: []string{"new.test"}})
	as := func(leaf pki.Certificate) string {
		got, _, err := s.get("first.test", func(c *tls.Config) { by(&leaf)(c); c.ClientSessionCache = sessions })
		if err != nil {
			return ""
		}
		return got
	}
	if got := as(old); got != "HTTP/2.0 old.test" {
		t.Errorf("before: %q", got)
	}
	s.write("clients.pem", after.PEM)
	if changed, err := s.store.Reload(); !changed || err != nil {
		t.Fatal(changed, err)
	}
	if got := as(old); got != "" {
		t.Errorf("of the authority that was taken off: %q", got)
	}
	if got := as(next); got != "HTTP/2.0 new.test" {
		t.Errorf("of the new one: %q", got)
	}
	s.write("clients.pem", []byte("nobody"))
	if changed, err := s.store.Reload(); changed || err == nil {
		t.Errorf("an empty list: %v, %v", changed, err)
	}
}

func TestNewFails(t *testing.T) {
	if _, err := certs.New(certs.Config{Cert: "missing.pem", Key: "missing.pem"}); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "tls.cert: ") {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  certs.Config
		want []string
	}{
		"none":            {certs.Config{}, nil},
		"good":            {certs.Config{Cert: "c", Key: "k"}, nil},
		"clients":         {certs.Config{Cert: "c", Key: "k", ClientCA: "a", ClientAuth: certs.Require}, nil},
		"half":            {certs.Config{Cert: "c"}, []string{"key"}},
		"other half":      {certs.Config{Key: "k"}, []string{"cert"}},
		"old":             {certs.Config{Cert: "c", Key: "k", MinVersion: "1.1"}, []string{"min_version"}},
		"nobody":          {certs.Config{Cert: "c", Key: "k", ClientAuth: certs.Request}, []string{"client_ca"}},
		"to no end":       {certs.Config{Cert: "c", Key: "k", ClientCA: "a"}, []string{"client_auth"}},
		"without TLS":     {certs.Config{ClientCA: "a", ClientAuth: certs.Request}, []string{"client_auth"}},
		"unknown":         {certs.Config{Cert: "c", Key: "k", ClientAuth: "maybe"}, []string{"client_auth"}},
		"several at once": {certs.Config{Cert: "c", MinVersion: "1.0", ClientAuth: "x"}, []string{"key", "min_version", "client_auth"}},
	} {
		var got []string
		for _, problem := range c.cfg.Validate() {
			got = append(got, problem.Path)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
