// Package delivery simulates the delivery service: fees by distance, twelve drivers, and deliveries that move on with the clock.
// Its contract is backends/delivery/openapi.yaml.
//
// A delivery has no goroutine: what it is at a moment follows from when its driver was found, when they pick up and when they
// arrive.
package delivery

import (
	"net/http"
	"sync"
	"time"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/seed"
	"tiffin/internal/demo/stage"
)

// Config is what the service starts with.
type Config struct {
	Catalogue *catalogue.Catalogue
	// Past are the orders whose deliveries the service remembers.
	Past []seed.Order
	Now  func() time.Time
	// Promises are what the service keeps; nil for all.
	Promises *stage.Promises
}

// Service is the service's state, shared by its instances. Safe for concurrent use.
type Service struct {
	catalogue *catalogue.Catalogue
	now       func() time.Time
	keys      *stage.Keys
	promises  *stage.Promises

	mu   sync.RWMutex
	jobs map[string]*job // by order id
}

// New returns the service with the deliveries of the past.
func New(cfg Config) *Service {
	s := &Service{catalogue: cfg.Catalogue, now: cfg.Now, keys: stage.NewKeys(cfg.Promises), promises: cfg.Promises, jobs: map[string]*job{}}
	for _, order := range cfg.Past {
		s.jobs[order.ID] = s.pastJob(order)
	}
	return s
}

// Handler answers for every instance.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /quotes", s.quote)
	mux.HandleFunc("PUT /deliveries/{order_id}", s.keys.Once(s.assign))
	mux.HandleFunc("POST /deliveries/{order_id}/cancel", s.keys.Once(s.cancel))
	mux.HandleFunc("GET /deliveries/{order_id}", s.get)
	mux.HandleFunc("GET /deliveries", s.list)
	mux.HandleFunc("GET /deliveries/{order_id}/events", s.events)
	mux.HandleFunc("GET /positions", s.positions)
	return mux
}

// Assignment is what the audit wants to know of one order.
type Assignment struct {
	OrderID string
	// Drivers is how many are booked for the order now, also after the delivery.
	Drivers   int
	Cancelled bool
}

// Assignments returns all orders that the service has heard of, in no order.
func (s *Service) Assignments() []Assignment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]Assignment, 0, len(s.jobs))
	for id, j := range s.jobs {
		a := Assignment{OrderID: id, Cancelled: j.cancelled}
		if j.hasDriver(s.now()) {
			a.Drivers = 1
		}
		all = append(all, a)
	}
	return all
}

// job finds an order's delivery as it is now; nil where there is none.
func (s *Service) job(orderID string) *job {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if j := s.jobs[orderID]; j != nil && j.booked() {
		return new(*j) // a cancel may come while the caller reads
	}
	return nil
}
