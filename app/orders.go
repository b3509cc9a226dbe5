package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"tiffin/checkout"
	"tiffin/gateway/admin"
)

// Bounds of what operators ask about orders.
const (
	ordersShown     = 100
	mostOrdersShown = 1000
	ordersTimeout   = 5 * time.Second
)

// orderRoutes are what operators see of orders.
func (a *App) orderRoutes() []admin.Route {
	return []admin.Route{
		{Pattern: "GET /orders/open", Handler: http.HandlerFunc(a.openOrders)},
		{Pattern: "GET /orders/{id}", Handler: http.HandlerFunc(a.oneOrder)},
		{Pattern: "POST /orders/{id}/resolve", Handler: http.NewCrossOriginProtection().Handler(http.HandlerFunc(a.resolveOrder))},
	}
}

// openOrders lists the orders that are not settled, oldest first: ?limit=N, 100 unless it says otherwise, at most 1000.
func (a *App) openOrders(w http.ResponseWriter, r *http.Request) {
	limit := ordersShown
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostOrdersShown {
			http.Error(w, "limit is a number from 1 to 1000", http.StatusBadRequest)
			return
		}
		limit = n
	}
	ctx, cancel := context.WithTimeout(r.Context(), ordersTimeout)
	defer cancel()
	orders, err := a.flow.OpenOrders(ctx, a.journal.driver, limit+1)
	if err != nil {
		a.noJournal(w, err)
		return
	}
	more := len(orders) > limit
	writeJSON(w, struct {
		Orders []checkout.Standing `json:"orders"`
		// More says that there are more than these.
		More bool `json:"more"`
	}{orders[:min(limit, len(orders))], more})
}

// oneOrder shows an order, settled or not, by its id or by that of its row.
func (a *App) oneOrder(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), ordersTimeout)
	defer cancel()
	order, err := a.flow.Standing(ctx, a.journal.driver, r.PathValue("id"))
	switch {
	case errors.Is(err, checkout.ErrNoOrder):
		http.Error(w, "the journal knows no such order: it never arrived here, or its answer was kept for long enough", http.StatusNotFound)
	case err != nil:
		a.noJournal(w, err)
	default:
		writeJSON(w, order)
	}
}

func (a *App) noJournal(w http.ResponseWriter, err error) {
	a.journal.failed(err)
	http.Error(w, "the journal does not answer; the log says why", http.StatusServiceUnavailable)
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(value) //nolint:errchkjson // an operator who left misses it
}
