package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"tiffin/checkout"
)

// maxResolution bounds the body of a resolution, in bytes.
const maxResolution = 4 << 10

// resolveOrder answers POST /orders/{id}/resolve: an operator says what became of a step in doubt, as {"step", "outcome": "done" or "not_done",
// "reason", "by"}. A word that resolves nothing is refused with 409, which says why.
func (a *App) resolveOrder(w http.ResponseWriter, r *http.Request) {
	var word struct {
		Step    string           `json:"step"`
		Outcome checkout.Outcome `json:"outcome"`
		Reason  string           `json:"reason"`
		By      string           `json:"by"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxResolution))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&word); err != nil {
		http.Error(w, `send {"step": …, "outcome": "done" or "not_done", "reason": …, "by": …}`, http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), ordersTimeout)
	defer cancel()
	order, err := a.flow.Resolve(ctx, a.journal.driver, r.PathValue("id"),
		checkout.Resolution{Step: word.Step, Outcome: word.Outcome, Reason: word.Reason, By: word.By})
	no := new(checkout.NotResolvable)
	switch {
	case errors.As(err, &no):
		http.Error(w, no.Why, http.StatusConflict)
	case errors.Is(err, checkout.ErrNoOrder):
		http.Error(w, "the journal knows no such order", http.StatusNotFound)
	case err != nil:
		a.noJournal(w, err)
	default:
		writeJSON(w, order)
	}
}
