package gateway_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway"
	"tiffin/internal/testkit"
)

// served is a server with every default bound in front of an edge, and how to connect to it.
func served(t *testing.T, e *edge, handler http.Handler) (dial func() net.Conn) {
	t.Helper()
	network := testkit.NewNetwork()
	t.Cleanup(network.Close)
	server := gateway.Server(gateway.ServerConfig{}, handler, newLogger(e.log))
	listener := network.Listen("public:80")
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return func() net.Conn {
		conn, err := network.DialContext(t.Context(), "tcp", "public:80")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
}

const head = "POST /graphql HTTP/1.1\r\nHost: public\r\nContent-Type: application/json\r\n"

// drip writes a byte of text each second until the connection is cut, and says after how long that was.
func drip(conn net.Conn, text string) time.Duration {
	begin := time.Now()
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		_, _ = io.Copy(io.Discard, conn)
	}()
	for n := 0; ; n++ {
		select {
		case <-cut:
			return time.Since(begin)
		case <-time.After(time.Second):
			_, _ = conn.Write([]byte{text[n%len(text)]})
		}
	}
}

// Who sends a header or a body slowly, or says nothing on an open connection, is cut: a connection is no place to stay.
func TestSlowClientsAreCut(t *testing.T) {
	for name, c := range map[string]struct {
		first, then string
		after       time.Duration
	}{
		"header":     {"POST /graphql HTTP/1.1\r\nX-Slow: ", "a", 5 * time.Second},
		"first line": {"", "G", 5 * time.Second},
		"body":       {head + "Content-Length: 1000\r\n\r\n", " ", 20 * time.Second},
		"chunks":     {head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := start(t, gateway.Config{})
				conn := served(t, e, e.Gateway)()
				if _, err := io.WriteString(conn, c.first); err != nil {
					t.Fatal(err)
				}
				if took := drip(conn, c.then); took < c.after || took > c.after+2*time.Second {
					t.Errorf("cut after %v, want %v", took, c.after)
				}
			})
		})
	}
}

func TestIdleConnectionsAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		conn := served(t, e, e.Gateway)()
		if _, err := io.WriteString(conn, head+"Content-Length: 19\r\n\r\n"+`{"query":"{hello}"}`); err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(conn)
		answer, err := http.ReadResponse(reader, nil)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(answer, err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := reader.ReadByte(); err == nil || time.Since(begin) != 2*time.Minute {
			t.Errorf("cut after %v (%v), want 2m", time.Since(begin), err)
		}
	})
}

// A stream lifts the bound of its own answer, and is not cut; an answer that does not is.
func TestStreamsAreNotCut(t *testing.T) {
	for name, lifted := range map[string]bool{"stream": true, "answer": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const events = 300 // one a second
				stream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					control := http.NewResponseController(w)
					if lifted {
						_ = control.SetWriteDeadline(time.Time{})
					}
					for range events {
						select {
						case <-time.After(time.Second):
						case <-r.Context().Done():
							return
						}
						_, _ = io.WriteString(w, "event\n")
						if control.Flush() != nil {
							return
						}
					}
				})
				// Through the whole chain: each position lets the connection be reached.
				e := start(t, gateway.Config{}, func(d *gateway.Deps) { d.GraphiQL = stream })
				conn := served(t, e, e.Gateway)()
				if _, err := io.WriteString(conn, "GET /stream HTTP/1.1\r\nHost: public\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(answer.Body)
				if n := strings.Count(string(text), "event"); (n == events && err == nil) != lifted {
					t.Errorf("%d events, %v", n, err)
				}
			})
		})
	}
}

func TestHeadersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		for size, want := range map[int]int{32 << 10: http.StatusNotFound, 128 << 10: http.StatusRequestHeaderFieldsTooLarge} {
			conn := served(t, e, e.Gateway)()
			go func() {
				_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: public\r\nX-Long: "+strings.Repeat("a", size)+"\r\n\r\n")
			}()
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || answer.StatusCode != want {
				t.Errorf("%d bytes: %v %v, want %d", size, answer, err, want)
			}
		}
		<-time.After(time.Second) // net/http lingers for half of one after a refusal
	})
}

// At the drain's begin no request is taken any more, and what is in flight is answered.
func TestShutdownWaitsForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		network := testkit.NewNetwork()
		defer network.Close()
		server := gateway.Server(gateway.ServerConfig{}, e.Gateway, newLogger(e.log))
		listener := network.Listen("public:80")
		go func() { _ = server.Serve(listener) }()
		conn, err := network.DialContext(t.Context(), "tcp", "public:80")
		if err != nil {
			t.Fatal(err)
		}
		const body = `{"query":"mutation{slowly}"}`
		if _, err := io.WriteString(conn, head+"Content-Length: 28\r\n\r\n"+body); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		begin := time.Now()
		if err := server.Shutdown(context.Background()); err != nil || time.Since(begin) < 900*time.Millisecond { //nolint:usetesting // it outlives nothing
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), "done") {
			t.Errorf("%s %v", text, err)
		}
		if _, err := network.DialContext(t.Context(), "tcp", "public:80"); err == nil {
			t.Error("a connection was taken after the drain")
		}
	})
}
