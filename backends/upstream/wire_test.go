package upstream_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream"
	"tiffin/backends/upstream/credential"
	"tiffin/internal/testkit"
)

// always writes text again and again, with a pause, until nobody reads any more.
func always(text string, pause time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
			<-time.After(pause)
		}
	}
}

// Whatever comes off the wire, the call ends within its attempt's time, with the whole answer or an error, and nothing of it is left.
func TestWhateverComesOffTheWireEnds(t *testing.T) {
	const head, slowly = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", 100 * time.Millisecond
	nothing := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for name, test := range map[string]struct {
		begins string
		goesOn func(net.Conn)
		// want is the answer's body, or part of the error.
		want string
	}{
		"another protocol":       {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", nothing, "status 101"},
		"hints without end":      {"", always("HTTP/1.1 103 Early Hints\r\n\r\n", slowly), "deadline"},
		"many hints":             {"", always("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0), "headers exceeded"},
		"a slow head":            {head, always("X-A: b\r\n", slowly), "deadline"},
		"a long head":            {head, always("X-A: "+strings.Repeat("b", 1000)+"\r\n", 0), "headers exceeded"},
		"a slow body":            {head + "Content-Length: 1000000\r\n\r\n", always("1", slowly), "deadline"},
		"a body without end":     {head + "\r\n", always(strings.Repeat("1", 1<<16), 0), "bound of 4194304"},
		"a length beyond bounds": {head + "Content-Length: 9999999999\r\n\r\n", nothing, "bound of 4194304"},
		"a body cut short":       {head + "Content-Length: 10\r\n\r\n{}", func(net.Conn) {}, "unexpected EOF"},
		"chunks cut short":       {head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", func(net.Conn) {}, "unexpected EOF"},
		"two lengths":            {head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", nothing, "Content-Length"},
		"a long trailer":         {head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", always("X-A: b\r\n", 0), "trailer"},
		"a slow trailer":         {head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", always("X-A: b\r\n", slowly), "deadline"},
		"a long chunk extension": {head + "Transfer-Encoding: chunked\r\n\r\n2;", always(strings.Repeat("x", 1000), 0), "too long"},
		"no HTTP":                {"hello\r\n\r\n", nothing, "malformed"},
		"a trailer":              {head + "Transfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n2\r\n{}\r\n0\r\nX-A: b\r\n\r\n", nothing, "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := testkit.NewNetwork()
				t.Cleanup(func() { <-time.After(time.Second) }) // what is slow finds out
				t.Cleanup(network.Close)
				serveRaw(network.Listen("a:1"), func(c net.Conn) {
					_, _ = io.WriteString(c, test.begins)
					test.goesOn(c)
				})
				up, _ := open(t, network, "http://a:1")
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					began := time.Now()
					text, err := send(t.Context(), up, http.MethodPost, "http://orders/", nil)
					if err != nil {
						text = err.Error()
					}
					if !strings.Contains(text, test.want) || (err == nil) != (test.want == "{}") || time.Since(began) > time.Second {
						t.Errorf("%q, %v after %v, want %q", text, err, time.Since(began), test.want)
					}
				}()
				select {
				case <-ended:
				case <-time.After(time.Hour):
					t.Error("the call does not end")
					network.Close()
					<-ended
				}
			})
		})
	}
}

// Who knows the instances, or gives tokens, cannot hold the gateway either.
func TestANeighbourThatSwitchesProtocolsIsNotWaitedFor(t *testing.T) {
	for name, url := range map[string]string{
		"consul": "consul://far:80/orders", "kubernetes": "kubernetes://shop/orders:http?api=http://far:80", "tokens": "http://a:1",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := testkit.NewNetwork()
				t.Cleanup(network.Close)
				serveRaw(network.Listen("far:80"), func(c net.Conn) {
					_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
					_, _ = io.Copy(io.Discard, c)
				})
				up, _ := open(t, network, url, func(cfg *upstream.Config) {
					cfg.Identity.Credential = credential.Client
					cfg.Identity.OAuth = credential.OAuthConfig{TokenURL: "http://far/token", ClientID: "c", ClientSecret: "s", Timeout: time.Second}
				})
				for range 2 { // whoever comes second does not wait for the first
					_, err := send(t.Context(), up, http.MethodGet, "http://orders/", nil)
					if text := fmt.Sprint(err) + up.Status("orders").DiscoveryError; !strings.Contains(text, "101") {
						t.Error(text)
					}
				}
			})
		})
	}
}

// serveRaw reads a request from each connection and leaves the answer to answer.
func serveRaw(listener net.Listener, answer func(net.Conn)) {
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = c.Read(make([]byte, 4096)) // the whole of a short request
				answer(c)
			}()
		}
	}()
}
