// Package board is the demo's control desk over HTTP: it sets faults, judges the orders and counts the calls.
//
//	GET  /          a page for people
//	POST /faults    set one; GET lists them, DELETE clears them
//	POST /promises  what a service keeps of its contract; GET lists it, DELETE makes all keep all
//	GET  /audit     the judgement over every order
//	GET  /calls     how often each route of each service was called; DELETE sets the counts to zero
package board

import (
	"errors"
	"net/http"

	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/stage"
)

// Config is what the board shows and steers.
type Config struct {
	// URL is the board's own address, for the commands it shows.
	URL    string
	Faults *stage.Faults
	// Promises are those of each service that has some.
	Promises map[string]*stage.Promises
	Calls    *stage.Calls
	// Audit judges the world as it is now.
	Audit func() audit.Report
	// Places are the addresses to show, in this order.
	Places []Place
}

// Place is something that listens, at one address or several.
type Place struct {
	Name string
	URLs []string
}

// New returns the board's handler. Web pages of other origins cannot write to it.
func New(cfg Config) http.Handler {
	b := &board{cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.index)
	mux.HandleFunc("POST /faults", b.addFault)
	mux.HandleFunc("GET /faults", b.listFaults)
	mux.HandleFunc("DELETE /faults", b.clearFaults)
	mux.HandleFunc("POST /promises", b.setPromises)
	mux.HandleFunc("GET /promises", b.listPromises)
	mux.HandleFunc("DELETE /promises", b.keepAll)
	mux.HandleFunc("GET /audit", b.audit)
	mux.HandleFunc("GET /calls", b.calls)
	mux.HandleFunc("DELETE /calls", b.clearCalls)
	return http.NewCrossOriginProtection().Handler(mux)
}

type board struct{ Config }

// newFault is the body of POST /faults.
type newFault struct {
	Service  string     `json:"service"`
	Instance *int       `json:"instance"`
	Kind     stage.Kind `json:"kind"`
	Rate     *float64   `json:"rate"`
	MS       int        `json:"ms"`
	Status   int        `json:"status"`
}

func (n newFault) fault() stage.Fault {
	rate := 1.0
	if n.Rate != nil {
		rate = *n.Rate
	}
	return stage.Fault{Service: n.Service, Instance: n.Instance, Kind: n.Kind, Rate: rate, MS: n.MS, Status: n.Status}
}

func (b *board) addFault(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("Content-Type", "application/json") // what a hand types into curl has another
	var body newFault
	if !stage.ReadJSON(w, r, &body) {
		return
	}
	id, err := b.Faults.Add(body.fault())
	if err != nil {
		refuse(w, err)
		return
	}
	stage.WriteJSON(w, http.StatusCreated, map[string]string{"id": id})
}

func refuse(w http.ResponseWriter, err error) {
	invalid := new(stage.InvalidFault)
	if !errors.As(err, &invalid) {
		stage.Problem(w, http.StatusConflict, "too_many_faults", err.Error(), nil)
		return
	}
	stage.Problem(w, http.StatusUnprocessableEntity, "invalid_fault", invalid.Error()+".",
		map[string]any{"member": invalid.Member, "allowed": invalid.Allowed})
}

func (b *board) listFaults(w http.ResponseWriter, _ *http.Request) {
	stage.WriteJSON(w, http.StatusOK, b.Faults.List())
}

func (b *board) clearFaults(w http.ResponseWriter, _ *http.Request) {
	b.Faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (b *board) audit(w http.ResponseWriter, _ *http.Request) {
	stage.WriteJSON(w, http.StatusOK, b.Audit())
}

func (b *board) calls(w http.ResponseWriter, _ *http.Request) {
	stage.WriteJSON(w, http.StatusOK, b.Calls.Snapshot())
}

func (b *board) clearCalls(w http.ResponseWriter, _ *http.Request) {
	b.Calls.Clear()
	w.WriteHeader(http.StatusNoContent)
}
