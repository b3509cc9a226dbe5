package stage

import (
	"net/http"
	"time"
)

// Spread is a range of latency; the zero Spread is none.
type Spread struct{ Min, Max time.Duration }

// InstanceConfig describes one instance of a simulated service.
type InstanceConfig struct {
	Service string
	// Index counts from 0.
	Index int
	// Handler is the service's, shared by its instances. Where it is an *http.ServeMux, calls are counted by its patterns.
	Handler http.Handler
	// Latency is added to each answer but that of health checks, uniformly at random from a seed.
	Latency Spread
	// Faults is the board's; nil for none.
	Faults *Faults
	// Calls counts the requests; nil for not at all.
	Calls *Calls
	// SystemFault answers under an [XMLFault] fault; only the service that speaks XML has one.
	SystemFault http.HandlerFunc
}

// Instance is one instance of a service: GET /health, which only a [Down] fault disturbs, and the service's handler behind latency,
// faults and call counts.
func Instance(cfg InstanceConfig) http.Handler {
	if cfg.Faults == nil {
		cfg.Faults = NewFaults(nil)
	}
	if cfg.Calls == nil {
		cfg.Calls = NewCalls()
	}
	i := &instance{InstanceConfig: cfg, dice: newDice(uint64(cfg.Index), uint64(len(cfg.Service)))} //nolint:gosec // G115: a seed
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", health)
	mux.Handle("/", i)
	return mux
}

func health(w http.ResponseWriter, _ *http.Request) {
	WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

type instance struct {
	InstanceConfig
	dice *dice
}

// ServeHTTP counts the request, waits, and lets it through or does what a fault says.
func (i *instance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.Calls.add(i.Service, i.route(r))
	plan := i.Faults.plan(i.Service, i.Index)
	if Pause(r.Context(), i.latency()+plan.delay) != nil {
		panic(http.ErrAbortHandler) // the client has gone, or the server closes: no answer is better than an empty 200
	}
	i.perform(w, r, plan.fault)
}

func (i *instance) latency() time.Duration {
	width := float64(i.Latency.Max - i.Latency.Min)
	return i.Latency.Min + time.Duration(i.dice.roll()*width)
}

// noRoute is what requests are counted under that the service's contract does not know.
const noRoute = "(no route)"

// route names the route before it is taken: under a fault it may never be.
func (i *instance) route(r *http.Request) string {
	mux, ok := i.Handler.(interface {
		Handler(*http.Request) (http.Handler, string)
	})
	if !ok {
		return noRoute
	}
	if _, pattern := mux.Handler(r); pattern != "" {
		return pattern
	}
	return noRoute
}
