package admin

import (
	"net/http"
	"net/http/pprof" // its handlers are mounted on this port only; nothing serves the DefaultServeMux that it writes to
)

// Profiles are what `go tool pprof http://…/debug/pprof/…` asks for: CPU, heap, goroutines and so on. A profile of the CPU takes 30 s unless
// told otherwise (?seconds=10), and has to be done before the server's write timeout.
func Profiles() []Route {
	return []Route{
		{"GET /debug/pprof/", http.HandlerFunc(pprof.Index)},
		{"GET /debug/pprof/cmdline", http.NotFoundHandler()}, // the command line is nobody's business
		{"GET /debug/pprof/profile", http.HandlerFunc(pprof.Profile)},
		{"GET /debug/pprof/symbol", http.HandlerFunc(pprof.Symbol)},
		{"GET /debug/pprof/trace", http.HandlerFunc(pprof.Trace)},
	}
}
