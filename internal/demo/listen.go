package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"tiffin/internal/testkit"
)

// addresses tells where things are: on loopback ports, or by name on an in-memory network.
type addresses Config

func (a addresses) host(offset int, name string) string {
	if a.Memory != nil {
		return name
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(a.BasePort+offset))
}

func (a addresses) url(offset int, name string) string { return "http://" + a.host(offset, name) }

// listen opens the place's address.
func (p place) listen(ctx context.Context, memory *testkit.Network) (net.Listener, error) {
	if memory != nil {
		return memory.Listen(p.host), nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", p.host)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: the address %s is taken; stop what listens there or choose other ports with --base-port: %w",
			p.name, p.host, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot listen on %s; choose other ports with --base-port: %w", p.name, p.host, err)
	}
	return listener, nil
}

// What a server allows a client. Answers have no limit: streams and latency faults take their time.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 3 * time.Minute // longer than any client of ours keeps a connection
)

// server is an HTTP server that knows when its last handler has ended.
type server struct {
	http    *http.Server
	running sync.WaitGroup
}

// serve answers on listener until close.
func serve(listener net.Listener, handler http.Handler) *server {
	s := &server{}
	s.http = &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, ConnState: s.count}
	s.running.Go(func() { _ = s.http.Serve(listener) }) // ErrServerClosed: only close ends it
	return s
}

// count keeps open connections in the wait group. New ones come while Serve runs, which is in it too.
func (s *server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.running.Done()
	case http.StateActive, http.StateIdle:
	}
}

// close cuts the connections and waits for the handlers.
func (s *server) close() {
	_ = s.http.Close() // an error of a connection that is cut anyway
	s.running.Wait()
}
