// Package admin is the edge's private port: what orchestrators ask about the process. It is not for the public network.
package admin

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// State is where the process is in its life. The zero State is starting. It is safe for concurrent use.
type State struct {
	// Notes are lines that /readyz adds, about what is not as it should be while requests are welcome; nil for none. It is set before
	// the State is used, and must be quick.
	Notes func() []string

	phase atomic.Int32
}

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
//	GET /readyz     200 when requests are welcome, with the State's notes; 503 while it starts or drains
//	GET /startupz   200 once it has started, until it ends; 503 before
//
// and the routes, such as GET /metrics, [Profiles] and [LogLevel]. It panics on routes that contradict each other, as a ServeMux does.
func Handler(s *State, routes ...Route) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /livez", probe(s, nil, starting, ready, draining))
	mux.Handle("GET /readyz", probe(s, s.notes, ready))
	mux.Handle("GET /startupz", probe(s, nil, ready, draining))
	mount(mux, routes)
	return mux
}

// notes are those of a State that is ready.
func (s *State) notes() []string {
	if s.Notes == nil || s.phase.Load() != ready {
		return nil
	}
	return s.Notes()
}

// probe answers 200 in the phases that are good, with notes if there are any.
func probe(s *State, notes func() []string, good ...int32) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		phase := s.phase.Load()
		status := http.StatusServiceUnavailable
		for _, g := range good {
			if g == phase {
				status = http.StatusOK
			}
		}
		lines := []string{phaseName(phase)}
		if notes != nil {
			lines = append(lines, notes()...)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.Join(lines, "\n")+"\n") // a prober that left misses it
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
