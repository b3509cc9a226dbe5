// Package admin is the edge's private port: what orchestrators ask about the process. It is not for the public network.
package admin

import (
	"io"
	"net/http"
	"sync/atomic"
)

// State is where the process is in its life. The zero State is starting. It is safe for concurrent use.
type State struct{ phase atomic.Int32 }

const (
	starting int32 = iota
	ready
	draining
)

// Ready says that requests are welcome. It does nothing once the process drains.
func (s *State) Ready() { s.phase.CompareAndSwap(starting, ready) }

// Drain says that no new requests should come, for good.
func (s *State) Drain() { s.phase.Store(draining) }

// Handler serves the probes:
//
//	GET /livez      200 as long as the process answers at all
//	GET /readyz     200 when requests are welcome; 503 while it starts or drains
//	GET /startupz   200 once it has started, until it ends; 503 before
//
// and the routes, such as GET /metrics. It panics on routes that contradict each other, as a ServeMux does.
func Handler(s *State, routes ...Route) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /livez", probe(s, starting, ready, draining))
	mux.Handle("GET /readyz", probe(s, ready))
	mux.Handle("GET /startupz", probe(s, ready, draining))
	mount(mux, routes)
	return mux
}

// probe answers 200 in the phases that are good.
func probe(s *State, good ...int32) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		phase := s.phase.Load()
		status := http.StatusServiceUnavailable
		for _, g := range good {
			if g == phase {
				status = http.StatusOK
			}
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, phaseName(phase)+"\n") // a prober that left misses it
	})
}

func phaseName(phase int32) string {
	switch phase {
	case ready:
		return "ready"
	case draining:
		return "draining"
	default:
		return "starting"
	}
}
