package drill

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Network is where a Tap listens and dials.
type Network struct {
	// Listen opens an address for the named instance.
	Listen func(ctx context.Context, instance string) (net.Listener, error)
	Dial   func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Tap relays the connections to every instance of the services and counts the requests in its Books. A request is counted before its
// instance is dialled: one that finds the instance down is an attempt too.
type Tap struct {
	books   *Books
	network Network
	ctx     context.Context //nolint:containedctx // the Tap's own life, which Close ends
	end     context.CancelFunc
	work    sync.WaitGroup
}

// NewTap returns a Tap that relays nothing yet. Whoever makes it closes it.
func NewTap(books *Books, network Network) *Tap {
	ctx, end := context.WithCancel(context.Background())
	return &Tap{books: books, network: network, ctx: ctx, end: end}
}

// Front returns, for the URL of a service that lists its instances ("http://a:1,b:2"), the URL of as many relays in front of them.
func (t *Tap) Front(service, url string) (string, error) {
	var fronts []string
	for instance, addr := range strings.Split(strings.TrimPrefix(url, "http://"), ",") {
		listener, err := t.network.Listen(t.ctx, fmt.Sprintf("%s-%d", service, instance))
		if err != nil {
			return "", err
		}
		t.books.open(service, instance)
		fronts = append(fronts, listener.Addr().String())
		t.serve(listener, leg{service, instance, withPort(addr)})
	}
	return "http://" + strings.Join(fronts, ","), nil
}

// Close cuts all connections and returns when nothing is left of them.
func (t *Tap) Close() {
	t.end()
	t.work.Wait()
}

// leg is the way from a relay to its instance.
type leg struct {
	service  string
	instance int
	addr     string
}

func withPort(addr string) string {
	if _, _, err := net.SplitHostPort(addr); err == nil {
		return addr
	}
	return net.JoinHostPort(addr, "80")
}

func (t *Tap) serve(listener net.Listener, to leg) {
	stop := context.AfterFunc(t.ctx, func() { _ = listener.Close() })
	t.work.Go(func() {
		defer stop()
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			t.work.Go(func() { t.relay(client, to) })
		}
	})
}

// relay passes requests on until either side closes, and then closes the other.
func (t *Tap) relay(client net.Conn, to leg) {
	defer t.closing(client)()
	var server net.Conn
	for requests := bufio.NewReader(client); ; {
		r, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		t.books.note(to.service, to.instance, r)
		if server == nil {
			if server, err = t.network.Dial(t.ctx, "tcp", to.addr); err != nil {
				return
			}
			defer t.closing(server)()
			t.work.Go(func() { t.answer(client, server) })
		}
		if r.Write(server) != nil {
			return
		}
	}
}

// answer passes on whatever the instance says.
func (t *Tap) answer(client, server net.Conn) {
	_, _ = io.Copy(client, server) // however it ends, the client is to see an end
	_ = client.Close()
}

// closing returns what closes the connection, which Close does too.
func (t *Tap) closing(conn net.Conn) func() {
	stop := context.AfterFunc(t.ctx, func() { _ = conn.Close() })
	return func() {
		stop()
		_ = conn.Close()
	}
}
