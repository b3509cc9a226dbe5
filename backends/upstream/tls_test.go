package upstream_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream"
	"tiffin/backends/upstream/certs"
	"tiffin/backends/upstream/health"
	"tiffin/internal/certfile"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/pki"
)

const shopName = "orders.shop.test"

// shop is a service with authorities of its own: one for its instances, one for its clients.
type shop struct {
	t                *testing.T
	servers, clients *pki.CA
	folder           string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, servers: pki.NewCA("servers"), clients: pki.NewCA("clients"), folder: t.TempDir()}
	s.write("ca.pem", s.servers.PEM)
	s.showBy(s.clients, "gateway.test")
	return s
}

func (s *shop) write(name string, text []byte) {
	s.t.Helper()
	path := filepath.Join(s.folder, name)
	if err := errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path)); err != nil {
		s.t.Fatal(err)
	}
}

// showBy makes a certificate of that name the gateway's.
func (s *shop) showBy(ca *pki.CA, name string) {
	s.t.Helper()
	leaf := ca.Issue(pki.Leaf{DNS: []string{name}})
	s.write("cert.pem", leaf.CertPEM)
	s.write("key.pem", leaf.KeyPEM)
}

// config is for a gateway that is given everything.
func (s *shop) config(urls ...string) upstream.Config {
	cfg := upstream.Defaults()
	cfg.URL, cfg.Balance.Policy = "https://"+strings.Join(urls, ","), "round_robin"
	cfg.Resilience.Reads.AttemptTimeout, cfg.Resilience.Reads.CallTimeout = 10*time.Second, 10*time.Second // no test waits for them
	cfg.TLS = certs.Config{
		CAFile: filepath.Join(s.folder, "ca.pem"), CertFile: filepath.Join(s.folder, "cert.pem"), KeyFile: filepath.Join(s.folder, "key.pem"), ServerName: shopName,
	}
	return cfg
}

// instance is a server on a real socket that wants to know who asks, and says so.
type instance struct {
	addr   string
	shown  atomic.Pointer[pki.Certificate] // to clients from now on
	names  sync.Map                        // that were asked for by SNI
	checks chan string                     // who checked
}

// open starts an instance that is spoken to by HTTP/2 or not; change makes it another than a good one.
func (s *shop) open(http2 bool, change func(*tls.Config)) *instance {
	s.t.Helper()
	i := &instance{checks: make(chan string, 100)}
	good := s.servers.Issue(pki.Leaf{DNS: []string{shopName}, Server: true})
	i.shown.Store(&good)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
			who = r.TLS.PeerCertificates[0].DNSNames[0]
		}
		if r.URL.Path == "/healthz" {
			select {
			case i.checks <- who + " by " + r.Proto:
			default:
			}
		}
		_, _ = fmt.Fprintf(w, "%s by %s of %s", who, r.Proto, r.Host)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	i.addr = server.Listener.Addr().String()
	config := &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: s.clients.Pool()}
	if change != nil {
		change(config)
	}
	server.TLS, server.EnableHTTP2 = config, http2
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		i.names.Store(hello.ServerName, true)
		now := server.TLS.Clone()
		now.Certificates = []tls.Certificate{i.shown.Load().TLS}
		return now, nil
	}
	server.StartTLS()
	s.t.Cleanup(server.Close)
	return i
}

// A service whose instances have certificates of its own authority and want one of ours is called and checked, in each protocol, and behind
// a sidecar.
func TestAServiceWithAPrivateAuthority(t *testing.T) {
	for _, c := range []struct {
		proto       string
		http2, mesh bool
	}{{"HTTP/1.1", false, false}, {"HTTP/2.0", true, false}, {"HTTP/1.1", false, true}, {"HTTP/2.0", true, true}} {
		t.Run(fmt.Sprintf("%s, mesh %v", c.proto, c.mesh), func(t *testing.T) {
			s := newShop(t)
			far := s.open(c.http2, nil)
			cfg, down := s.config(far.addr), make(chan health.Checked, 1)
			if cfg.Mesh = c.mesh; !c.mesh {
				cfg.Health.Active.Path, cfg.Health.Active.Interval, cfg.Health.Active.Timeout = "/healthz", time.Second, time.Second
			}
			up := run(t, cfg, upstream.Deps{Events: upstream.Events{Checked: func(c health.Checked) { down <- c }}})
			text, err := send(t.Context(), up, "GET", "http://orders/", nil)
			if want := "gateway.test by " + c.proto + " of " + far.addr; text != want || err != nil {
				t.Errorf("%q, %v; want %q", text, err, want)
			}
			if c.mesh {
				return
			}
			select {
			case who := <-far.checks:
				if who != "gateway.test by "+c.proto {
					t.Errorf("checked by %s", who)
				}
			case checked := <-down:
				t.Errorf("checks fail: %v", checked.Err)
			}
			far.names.Range(func(name, _ any) bool {
				if name != shopName {
					t.Errorf("asked for %q", name)
				}
				return true
			})
		})
	}
}

// Without a server_name the certificate is to have the address of the instance.
func TestTheHostOfTheURLIsTheName(t *testing.T) {
	s := newShop(t)
	far := s.open(true, nil)
	cfg := s.config(far.addr)
	cfg.TLS.ServerName, cfg.Resilience.Reads.Retries = "", 0
	up := run(t, cfg, upstream.Deps{})
	if _, err := send(t.Context(), up, "GET", "http://orders/", nil); !isBecause(err, certs.OtherName) {
		t.Error(err)
	}
	loopback := s.servers.Issue(pki.Leaf{IP: []net.IP{net.IPv4(127, 0, 0, 1)}, Server: true})
	far.shown.Store(&loopback)
	if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
		t.Error(err)
	}
}

func isBecause(err error, reason certs.Reason) bool {
	bad, ok := errors.AsType[*certs.Error](err)
	return ok && bad.Reason == reason
}

// An instance that cannot be spoken to safely fails by itself: its error says who it is and why, others get its calls, and it is ejected.
func TestInstancesWithBadCertificates(t *testing.T) {
	strangers := pki.NewCA("strangers")
	shows := func(ca func(*shop) *pki.CA, leaf pki.Leaf) func(*shop) string {
		return func(s *shop) string {
			far := s.open(true, nil)
			bad := ca(s).Issue(leaf)
			far.shown.Store(&bad)
			return far.addr
		}
	}
	own := func(s *shop) *pki.CA { return s.servers }
	for _, c := range []struct {
		name   string
		open   func(*shop) string
		reason certs.Reason
	}{
		{"of another authority", shows(func(*shop) *pki.CA { return strangers }, pki.Leaf{DNS: []string{shopName}, Server: true}), certs.Untrusted},
		{"expired", shows(own, pki.Leaf{DNS: []string{shopName}, Server: true, Until: time.Now().Add(-time.Minute)}), certs.Expired},
		{"of another name", shows(own, pki.Leaf{DNS: []string{"payments.shop.test"}, Server: true}), certs.OtherName},
		{"a client's", shows(own, pki.Leaf{DNS: []string{shopName}}), certs.Invalid},
		{"refuses ours", func(s *shop) string {
			return s.open(true, func(c *tls.Config) { c.MaxVersion, c.ClientCAs = tls.VersionTLS12, strangers.Pool() }).addr
		}, certs.Refused},
		{"too old", func(s *shop) string {
			return s.open(true, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }).addr
		}, certs.Refused},
		{"not encrypted", func(s *shop) string {
			far := httptest.NewServer(http.NotFoundHandler())
			s.t.Cleanup(far.Close)
			return far.Listener.Addr().String()
		}, certs.NoTLS},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			bad := c.open(s)
			alone := s.config(bad)
			alone.Resilience.Reads.Retries = 0
			_, err := send(t.Context(), run(t, alone, upstream.Deps{}), "GET", "http://orders/", nil)
			if !isBecause(err, c.reason) || !strings.HasPrefix(err.Error(), "instance "+bad+": "+string(c.reason)+": ") {
				t.Errorf("%v; want %q", err, c.reason)
			}
			ejected := make(chan health.Ejection, 1)
			up := run(t, s.config(bad, s.open(true, nil).addr), upstream.Deps{Events: upstream.Events{Ejected: func(e health.Ejection) { ejected <- e }}})
			for range 20 {
				if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
					t.Error(err)
				}
			}
			select {
			case e := <-ejected:
				if e.Addr != bad {
					t.Errorf("ejected: %s", e.Addr)
				}
			default:
				t.Error("20 calls have not ejected it")
			}
		})
	}
}

// The system's authorities do not vouch for a service that has one of its own, and its own do not for others.
func TestAuthoritiesTakeThePlaceOfTheSystems(t *testing.T) {
	s := newShop(t)
	far := s.open(true, nil)
	cfg := s.config(far.addr)
	cfg.TLS.CAFile, cfg.Resilience.Reads.Retries = "", 0
	if _, err := send(t.Context(), run(t, cfg, upstream.Deps{}), "GET", "http://orders/", nil); !isBecause(err, certs.Untrusted) {
		t.Errorf("the system: %v", err)
	}
}

// Whoever asks for our certificate gets it, also where they name other authorities than its own: what they make of it is for them to say.
func TestTheCertificateIsShownToWhoeverAsks(t *testing.T) {
	s := newShop(t)
	far := s.open(true, func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAnyClientCert, pki.NewCA("strangers").Pool()
	})
	if _, err := send(t.Context(), run(t, s.config(far.addr), upstream.Deps{}), "GET", "http://orders/", nil); err != nil {
		t.Error(err)
	}
}

// Certificates and authorities of both sides are replaced, one after the other, while calls run: none fails, and each new one counts at once.
func TestRotation(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP/2 %v", http2), func(t *testing.T) {
			s := newShop(t)
			next := pki.NewCA("clients, next")
			both := x509.NewCertPool()
			both.AppendCertsFromPEM(append(s.clients.PEM, next.PEM...))
			far := s.open(http2, func(c *tls.Config) { c.ClientCAs = both })
			cfg := s.config(far.addr)
			cfg.Resilience.Reads.Retries = 0 // what fails is seen
			cfg.Health.Active.Path, cfg.Health.Active.Interval, cfg.Health.Active.Timeout = "/healthz", time.Second, time.Second
			down := make(chan health.Checked, 1)
			up := run(t, cfg, upstream.Deps{Events: upstream.Events{Checked: func(c health.Checked) { down <- c }}})
			var stop atomic.Bool
			var callers sync.WaitGroup
			for range 4 {
				callers.Go(func() {
					for !stop.Load() {
						if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			reload := func(shows string) {
				t.Helper()
				if changed, err := up.Reload(); !changed || err != nil {
					t.Fatal(changed, err)
				}
				if text, err := send(t.Context(), up, "GET", "http://orders/", nil); !strings.HasPrefix(text, shows+" by ") || err != nil {
					t.Errorf("%q, %v; want %s", text, err, shows)
				}
			}
			servers := pki.NewCA("servers, next")
			s.write("ca.pem", append(s.servers.PEM, servers.PEM...))
			reload("gateway.test")
			replaced := servers.Issue(pki.Leaf{DNS: []string{shopName}, Server: true})
			far.shown.Store(&replaced)
			s.showBy(next, "gateway.next.test")
			reload("gateway.next.test")
			s.write("ca.pem", servers.PEM)
			reload("gateway.next.test")
			for who := ""; !strings.HasPrefix(who, "gateway.next.test "); {
				select {
				case who = <-far.checks:
				case checked := <-down:
					t.Fatalf("checks fail: %v", checked.Err)
				}
			}
			stop.Store(true)
			callers.Wait()
		})
	}
}

// A file that is bad later is said, and what was read before stays; one that is bad at the start keeps it from being.
func TestABadFileLaterChangesNothing(t *testing.T) {
	s := newShop(t)
	far := s.open(true, nil)
	up := run(t, s.config(far.addr), upstream.Deps{})
	s.write("cert.pem", []byte("none"))
	changed, err := up.Reload()
	if bad, ok := errors.AsType[*certfile.Error](err); changed || !ok || bad.Path != "tls.cert_file" {
		t.Errorf("%v, %v", changed, err)
	}
	if text, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := upstream.New(s.config(far.addr), upstream.Deps{}); err == nil || !strings.HasPrefix(err.Error(), "tls.cert_file: "+s.folder) {
		t.Errorf("at the start: %v", err)
	}
}

// What was under way ends on the connection that it had, which is closed then, although calls go on: also one of HTTP/2, which is never idle
// for long, and nothing is left to the idle time-out.
func TestConnectionsOfBeforeAReloadEnd(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP/2 %v", http2), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { beforeAReload(t, http2) })
		})
	}
}

func beforeAReload(t *testing.T, http2 bool) {
	t.Helper()
	s := newShop(t)
	arrived, release := make(chan bool), make(chan bool)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/held" {
			arrived <- true
			<-release
		}
		_, _ = fmt.Fprintf(w, "%s by HTTP/%d", r.TLS.PeerCertificates[0].DNSNames[0], r.ProtoMajor)
	})
	var live atomic.Int32
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, Protocols: &http.Protocols{}, ConnState: func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			live.Add(1)
		case http.StateClosed:
			live.Add(-1)
		case http.StateActive, http.StateIdle, http.StateHijacked:
		}
	}}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetHTTP2(http2)
	server.TLSConfig = &tls.Config{
		MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: s.clients.Pool(),
		Certificates: []tls.Certificate{s.servers.Issue(pki.Leaf{DNS: []string{shopName}, Server: true}).TLS},
	}
	network := testkit.NewNetwork()
	go func() { _ = server.ServeTLS(network.Listen("a:443"), "", "") }()
	t.Cleanup(network.Close)
	t.Cleanup(func() { _ = server.Close() })
	cfg := s.config("a:443")
	cfg.IdleTimeout = 10 * time.Minute
	up := run(t, cfg, upstream.Deps{Dial: network.DialContext})
	held := make(chan string)
	go func() {
		text, err := send(t.Context(), up, "GET", "http://orders/held", nil)
		held <- fmt.Sprint(text, err)
	}()
	<-arrived
	s.showBy(s.clients, "next.test")
	if changed, err := up.Reload(); !changed || err != nil {
		t.Fatal(changed, err)
	}
	proto := map[bool]string{false: " by HTTP/1", true: " by HTTP/2"}[http2]
	if text, err := send(t.Context(), up, "GET", "http://orders/", nil); text != "next.test"+proto || err != nil || live.Load() != 2 {
		t.Errorf("%q, %v, over one of %d connections", text, err, live.Load())
	}
	release <- true
	if text := <-held; text != "gateway.test"+proto+"<nil>" {
		t.Error(text)
	}
	if synctest.Wait(); !http2 && live.Load() != 1 {
		t.Errorf("HTTP/1.1: %d connections are open when their calls are over", live.Load())
	}
	<-time.After(10*time.Second + time.Millisecond) // the longest that any call takes
	synctest.Wait()
	if n := live.Load(); n != 1 {
		t.Errorf("%d connections are open", n)
	}
	if text, err := send(t.Context(), up, "GET", "http://orders/", nil); text != "next.test"+proto || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}
