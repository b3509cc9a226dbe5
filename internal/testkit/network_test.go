package testkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func say(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

func get(t *testing.T, client *http.Client, url string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

func TestNetworkReachesHostsByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := Start(t, map[string]http.Handler{
			"orders.test":      say("orders"),
			"orders.test:8101": say("orders, second instance"),
			"payments.test":    say("payments"),
		})
		client := n.Client()
		for url, want := range map[string]string{
			"http://orders.test/":      "orders",
			"http://orders.test:8101/": "orders, second instance",
			"http://orders.test:9999/": "orders",
			"http://payments.test/":    "payments",
		} {
			if got, err := get(t, client, url); got != want || err != nil {
				t.Errorf("GET %s = %q, %v, want %q", url, got, err, want)
			}
		}
	})
}

func TestNetworkDialErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork()
		defer n.Close()
		n.Listen("deaf.test") // nobody accepts
		n.Serve("stopped.test", say("never"))
		n.Stop("stopped.test")
		n.Stop("unknown.test")

		var noHost *net.DNSError
		if _, err := get(t, n.Client(), "http://unknown.test/"); !errors.As(err, &noHost) || !noHost.IsNotFound {
			t.Errorf("unknown name: %v, want a DNSError that says not found", err)
		}
		if _, err := get(t, n.Client(), "http://stopped.test/"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("stopped host: %v, want ECONNREFUSED", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.DialContext(ctx, "tcp", "deaf.test:80"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("host that does not accept: %v, want the context's error", err)
		}
	})
}

func TestNetworkUsesFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Hour):
				_, _ = io.WriteString(w, "at last")
			case <-r.Context().Done():
			}
		})
		client := Start(t, map[string]http.Handler{"slow.test": slow}).Client()
		start := time.Now()
		if got, err := get(t, client, "http://slow.test/"); got != "at last" || err != nil {
			t.Errorf("GET = %q, %v", got, err)
		}
		if d := time.Since(start); d != time.Hour {
			t.Errorf("the answer took %v of fake time, want 1h", d)
		}
		client.Timeout = time.Minute
		if _, err := get(t, client, "http://slow.test/"); !isTimeout(err) {
			t.Errorf("with a client's timeout: %v, want a timeout", err)
		}
	})
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// A server that answers before it has read the request deadlocks over net.Pipe.
func TestNetworkEarlyAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		})
		client := Start(t, map[string]http.Handler{"strict.test": refuse}).Client()
		body := strings.NewReader(strings.Repeat("x", 10*streamLimit))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://strict.test/", body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d, want 413", res.StatusCode)
		}
	})
}

func TestNetworkStopCutsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := false
		hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			left = true
		})
		n := Start(t, map[string]http.Handler{"orders.test": hang})
		client := n.Client()
		result := make(chan error)
		go func() {
			_, err := get(t, client, "http://orders.test/")
			result <- err
		}()
		synctest.Wait()
		n.Stop("orders.test")
		if !left {
			t.Error("Stop returned before the handler did")
		}
		if err := <-result; !errors.Is(err, io.EOF) {
			t.Errorf("the request ended with %v, want EOF as from a crashed server", err)
		}
		n.Serve("orders.test", say("back"))
		if got, err := get(t, client, "http://orders.test/"); got != "back" || err != nil {
			t.Errorf("after a restart: %q, %v", got, err)
		}
	})
}

func TestNetworkReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = c.(interface{ SetLinger(seconds int) error }).SetLinger(0)
			_ = c.Close()
		})
		client := Start(t, map[string]http.Handler{"rude.test": reset}).Client()
		if _, err := get(t, client, "http://rude.test/"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v, want ECONNRESET", err)
		}
	})
}

func TestNetworkClientsHaveAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })
		n := Start(t, map[string]http.Handler{"echo.test": echo})
		seen := map[netip.AddrPort]bool{}
		for range 3 {
			text, err := get(t, n.Client(), "http://echo.test/")
			if err != nil {
				t.Fatal(err)
			}
			addr, err := netip.ParseAddrPort(text)
			if err != nil || addr.Addr().String() != "192.0.2.1" || seen[addr] {
				t.Errorf("RemoteAddr = %q (%v), want 192.0.2.1 with a port of its own", text, err)
			}
			seen[addr] = true
		}
	})
}

// Somebody else's server, as the gateway's own, runs over Listen.
func TestNetworkListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork()
		defer n.Close()
		srv := &http.Server{Handler: say("mine"), ReadHeaderTimeout: time.Second}
		served := make(chan error)
		go func() { served <- srv.Serve(n.Listen("gateway.test")) }()
		synctest.Wait()
		client := n.Client()
		if got, err := get(t, client, "http://gateway.test/"); got != "mine" || err != nil {
			t.Errorf("GET = %q, %v", got, err)
		}
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	})
}

// Connections that somebody else accepted end with the network, too.
func TestNetworkCloseCutsEveryConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork()
		l := n.Listen("raw.test")
		accepted := make(chan net.Conn)
		go func() {
			c, _ := l.Accept()
			accepted <- c
		}()
		c, err := n.DialContext(t.Context(), "tcp", "raw.test:80")
		if err != nil {
			t.Fatal(err)
		}
		<-accepted
		n.Close()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("Read = %v, want EOF", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept = %v, want ErrClosed", err)
		}
	})
}

// A dial that was on its way while the host ended must not get through.
func TestListenerRefusesAfterTheCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener("raw.test:80")
		go func() { _, _ = l.Accept() }()
		l.closeAll()
		if _, err := l.connect(t.Context(), "client:1"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("connect = %v, want ECONNREFUSED", err)
		}
		_ = l.Close()
	})
}

func TestNetworkSlowHeadersAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := Start(t, map[string]http.Handler{"orders.test": say("never")})
		c, err := n.DialContext(t.Context(), "tcp", "orders.test:80")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, _ = io.WriteString(c, "GET / HT")
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("reading to the end: %v", err)
		}
		if d := time.Since(start); d != headerTimeout {
			t.Errorf("cut after %v, want %v", d, headerTimeout)
		}
		_ = c.Close()
	})
}

func TestNetworkMisuse(t *testing.T) {
	closed := NewNetwork()
	closed.Close()
	closed.Close() // a second time is no mistake
	taken := NewNetwork()
	defer taken.Close()
	taken.Serve("orders.test", say(""))
	for name, n := range map[string]*Network{"closed": closed, "taken": taken} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			n.Serve("orders.test", say(""))
		})
	}
}

// Outside a bubble, with many clients at once, as the demo and benchmarks use it.
func TestNetworkUnderLoad(t *testing.T) {
	n := Start(t, map[string]http.Handler{"orders.test": say(strings.Repeat("order ", 1000))})
	client := n.Client()
	errs := make(chan error)
	const clients, requests = 16, 20
	for range clients {
		go func() {
			for range requests {
				body, err := get(t, client, "http://orders.test/")
				if err == nil && len(body) != 6000 {
					err = fmt.Errorf("%d bytes", len(body))
				}
				errs <- err
			}
		}()
	}
	for range clients * requests {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func ExampleNetwork() {
	n := NewNetwork()
	defer n.Close()
	n.Serve("orders.test", say("a masala dosa"))
	res, err := n.Client().Get("http://orders.test/orders/1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	fmt.Println(string(body), err)
	// Output: a masala dosa <nil>
}
