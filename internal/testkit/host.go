package testkit

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// headerTimeout cuts a client that opens a connection and says nothing.
const headerTimeout = time.Minute

// host is one name with its listener and what Network.Serve runs on it.
type host struct {
	listener *listener
	running  sync.WaitGroup // the server and its connections; empty for Network.Listen
}

// serve runs an http.Server on the host's listener until end.
func (h *host) serve(handler http.Handler) {
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ConnState:         h.count,
	}
	h.running.Go(func() { _ = srv.Serve(h.listener) }) // returns only when the listener is closed
}

// count keeps the connections in the wait group, so that end can wait for the
// handlers that run on them.
func (h *host) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		h.running.Add(1)
	case http.StateClosed, http.StateHijacked:
		h.running.Done()
	case http.StateActive, http.StateIdle:
	}
}

// end refuses new connections, cuts those there are and waits for the server.
func (h *host) end() {
	_ = h.listener.Close() // has no error
	h.listener.closeAll()
	h.running.Wait()
}
