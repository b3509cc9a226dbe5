// Package inventory simulates the inventory service of backends/inventory/openapi.yaml: the catalogue's restaurants, menus and
// pictures, which never change, and a ledger of stock, which does.
package inventory

import (
	"net/http"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/seed"
	"tiffin/internal/demo/stage"
)

// Config is the world that the service knows.
type Config struct {
	Catalogue *catalogue.Catalogue
	// Past are orders from before the start. What was not cancelled counts as taken; the catalogue's stock is what is left.
	Past []seed.Order
	// Promises are what the service keeps; nil for all.
	Promises *stage.Promises
}

// Service is the simulated service; safe for concurrent use.
type Service struct {
	catalogue *catalogue.Catalogue
	directory directory
	ledger    *ledger
	keys      *stage.Keys
	promises  *stage.Promises
}

// New returns a service that has done what the past says.
func New(cfg Config) *Service {
	return &Service{
		catalogue: cfg.Catalogue,
		directory: newDirectory(cfg.Catalogue),
		ledger:    newLedger(cfg.Catalogue, cfg.Past),
		keys:      stage.NewKeys(cfg.Promises),
		promises:  cfg.Promises,
	}
}

// Handler answers the contract's operations but /health, which is each instance's own. All instances share it.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /restaurants", s.restaurants)
	mux.HandleFunc("GET /menus", s.menus)
	mux.HandleFunc("GET /items", s.items)
	mux.HandleFunc("GET /stock", s.stock)
	mux.HandleFunc("GET /images/{name}", s.image)
	mux.HandleFunc("GET /reservations/{order_id}", s.held)
	mux.HandleFunc("PUT /reservations/{order_id}", s.keys.Once(s.reserve))
	mux.HandleFunc("POST /reservations/{order_id}/release", s.keys.Once(s.release))
	return mux
}

// Holdings is the ledger at one moment, for the audit.
type Holdings struct {
	// Initial and Available are by dish: before any order, past ones included, and now.
	Initial, Available map[string]int
	// ByOrder is what each order took and has not given back, by dish.
	ByOrder map[string]map[string]int
}

// Holdings copies the ledger.
func (s *Service) Holdings() Holdings { return s.ledger.snapshot() }
