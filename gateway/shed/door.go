package shed

import (
	"net/http"
	"sync/atomic"

	"tiffin/gateway/answer"
)

// Door is the chain's position with the hard cap on requests in flight.
func Door(cfg Config, next http.Handler) http.Handler {
	return &door{cfg: cfg.WithDefaults(), next: next}
}

type door struct {
	cfg      Config
	inFlight atomic.Int64
	next     http.Handler
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer d.inFlight.Add(-1)
	if d.inFlight.Add(1) > int64(d.cfg.MaxRequests) {
		w.Header().Set("Connection", "close") // rather than reading the body for nothing
		answer.Refuse(w, r, d.cfg.overloaded())
		return
	}
	d.next.ServeHTTP(w, r)
}
