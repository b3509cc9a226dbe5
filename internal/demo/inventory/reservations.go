package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"tiffin/internal/demo/stage"
)

func (s *Service) reserve(w http.ResponseWriter, r *http.Request) {
	var request reservationRequest
	order, ok := orderID(w, r)
	if !ok || !stage.ReadJSON(w, r, &request) {
		return
	}
	lines, err := request.check()
	if err != nil {
		badRequest(w, "%v", err)
		return
	}
	unknown := s.unknown(request)
	if len(unknown) > 0 && !s.ledger.isReleased(order) {
		stage.Problem(w, http.StatusUnprocessableEntity, "unknown_item", "These dishes are not on the restaurant's menu.",
			map[string]any{"item_ids": unknown})
		return
	}
	s.answer(w, order, lines)
}

func (s *Service) answer(w http.ResponseWriter, order string, lines map[string]line) {
	switch result, shortages := s.ledger.reserve(order, lines); result {
	case taken:
		stage.WriteJSON(w, http.StatusCreated, reservation{order, "held"})
	case repeated:
		stage.WriteJSON(w, http.StatusOK, reservation{order, "held"})
	case released:
		stage.Problem(w, http.StatusGone, "released", "The order was released before.", nil)
	case differs:
		stage.Problem(w, http.StatusConflict, "line_differs", "A line is held already with another dish or quantity.", nil)
	case short:
		stage.Problem(w, http.StatusConflict, "out_of_stock", "Too few are left of some dishes.",
			map[string]any{"shortages": toShortages(shortages)})
	}
}

func (s *Service) release(w http.ResponseWriter, r *http.Request) {
	order, ok := orderID(w, r)
	if !ok {
		return
	}
	s.ledger.release(order, s.promises.Kept().Tombstones)
	stage.WriteJSON(w, http.StatusOK, reservation{order, "released"})
}

// held answers GET /reservations/{order_id}.
func (s *Service) held(w http.ResponseWriter, r *http.Request) {
	order, ok := orderID(w, r)
	if !ok {
		return
	}
	switch held, known := s.ledger.holds(order); {
	case !known || !s.promises.Kept().Inquiry:
		stage.Problem(w, http.StatusNotFound, "not_found", "Nothing ever came for this order.", nil)
	case held:
		stage.WriteJSON(w, http.StatusOK, reservation{order, "held"})
	default:
		stage.WriteJSON(w, http.StatusOK, reservation{order, "released"})
	}
}

func orderID(w http.ResponseWriter, r *http.Request) (string, bool) {
	id := r.PathValue("order_id")
	if !idForm.MatchString(id) {
		badRequest(w, "order_id: 1 to 64 letters, digits, _ and -")
		return "", false
	}
	return id, true
}

// check gives the lines by their ids.
func (r reservationRequest) check() (map[string]line, error) {
	if len(r.Lines) < 1 || len(r.Lines) > maxLines || !idForm.MatchString(r.RestaurantID) {
		return nil, fmt.Errorf("a reservation needs a restaurant_id and 1 to %d lines", maxLines)
	}
	lines := map[string]line{}
	for _, l := range r.Lines {
		if !idForm.MatchString(l.ID) || !idForm.MatchString(l.ItemID) || l.Qty < 1 || l.Qty > maxQuantity {
			return nil, fmt.Errorf("lines: each needs a line_id, an item_id and a qty of 1 to %d", maxQuantity)
		}
		lines[l.ID] = line{l.ItemID, l.Qty}
	}
	if len(lines) < len(r.Lines) {
		return nil, errors.New("lines: a line_id stands there twice")
	}
	return lines, nil
}

// unknown are the dishes that the restaurant does not have.
func (s *Service) unknown(r reservationRequest) []string {
	var ids []string
	for _, l := range r.Lines {
		item := s.catalogue.Item(l.ItemID)
		if (item == nil || item.RestaurantID != r.RestaurantID) && !slices.Contains(ids, l.ItemID) {
			ids = append(ids, l.ItemID)
		}
	}
	return ids
}

func toShortages(available map[string]int) []shortage {
	out := make([]shortage, 0, len(available))
	for item, n := range available {
		out = append(out, shortage{item, n})
	}
	slices.SortFunc(out, func(a, b shortage) int { return cmp.Compare(a.ItemID, b.ItemID) })
	return out
}
