// Package orders simulates the order service of backends/orders/openapi.yaml: it prices carts from the catalogue, keeps orders under
// the caller's ids, and tells the audit what it holds.
//
//	POST /quotes ─ cart ─ price ─┐
//	PUT  /orders/{ref} ──────────┴─ order ─ confirm, recall, cancel ─ history
//	GET  /orders… ── shelf (by customer, newest last) ── wire
package orders

import (
	"cmp"
	"net/http"
	"sync"
	"time"

	textlanguage "golang.org/x/text/language"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/seed"
	"tiffin/internal/demo/stage"
)

// Config is what a Service is made of.
type Config struct {
	Catalogue *catalogue.Catalogue
	// Past are orders that exist at the start, oldest first.
	Past []seed.Order
	// Now is the service's clock.
	Now func() time.Time
	// KitchenAfter is how long after an order was confirmed the kitchen starts on it [3 min].
	KitchenAfter time.Duration
	// Promises are what the service keeps; nil for all.
	Promises *stage.Promises
}

// Service is the state that all instances share. It is safe for concurrent use.
type Service struct {
	catalogue *catalogue.Catalogue
	now       func() time.Time
	keys      *stage.Keys
	promises  *stage.Promises
	languages textlanguage.Matcher
	handler   http.Handler
	// kitchenAfter is how long the kitchen leaves a confirmed order alone.
	kitchenAfter time.Duration

	mu         sync.Mutex // guards all below
	quotes     quotes
	shelf      shelf
	serial     int   // of the last order's number
	feePercent int64 // of the subtotal
}

// firstNumber is that of the oldest past order.
const firstNumber = 10_001

// serviceFeePercent is the fee at the start.
const serviceFeePercent = 5

// kitchenAfter is the default of Config.KitchenAfter.
const kitchenAfter = 3 * time.Minute

// New returns a Service that knows the past.
func New(cfg Config) *Service {
	s := &Service{
		catalogue: cfg.Catalogue, now: cfg.Now, keys: stage.NewKeys(cfg.Promises), promises: cfg.Promises, languages: newLanguages(), quotes: newQuotes(), shelf: newShelf(),
		serial: firstNumber + len(cfg.Past) - 1, feePercent: serviceFeePercent, kitchenAfter: cmp.Or(cfg.KitchenAfter, kitchenAfter),
	}
	for _, past := range cfg.Past {
		s.shelf.add(fromSeed(past))
	}
	s.handler = s.routes()
	return s
}

// Handler is the service's, to be shared by its instances.
func (s *Service) Handler() http.Handler { return s.handler }

// SetServiceFee changes the fee for quotes and orders to come, in percent of the subtotal: so prices change.
func (s *Service) SetServiceFee(percent int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feePercent = percent
}

// find is the order as it is now, nil where there is none: the kitchen goes by the clock. The caller holds the lock.
func (s *Service) find(ref string) *order {
	o := s.shelf.byRef[ref]
	if o != nil {
		o.cook(s.kitchenAfter, s.now())
	}
	return o
}

func (s *Service) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /quotes", s.quote)
	mux.HandleFunc("GET /orders", s.search)
	mux.HandleFunc("GET /orders/{order_ref}", s.get)
	mux.HandleFunc("PUT /orders/{order_ref}", s.keys.Once(s.create))
	mux.HandleFunc("POST /orders/{order_ref}/confirm", s.keys.Once(s.confirm))
	mux.HandleFunc("POST /orders/{order_ref}/recall", s.keys.Once(s.recall))
	mux.HandleFunc("POST /orders/{order_ref}/cancel", s.keys.Once(s.cancel))
	return mux
}

// refusal is an answer other than the one that was asked for.
type refusal struct {
	status       int
	code, detail string
	members      map[string]any
}

func (r *refusal) send(w http.ResponseWriter) {
	stage.Problem(w, r.status, r.code, r.detail, r.members)
}

func malformed(detail string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "malformed", detail: detail}
}
