package delivery

import (
	"net/http"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/stage"
)

// quote answers POST /quotes; it books nothing.
func (s *Service) quote(w http.ResponseWriter, r *http.Request) {
	var body quoteBody
	if !stage.ReadJSON(w, r, &body) {
		return
	}
	way, ok := s.way(w, body.RestaurantID, body.Dropoff)
	if !ok {
		return
	}
	now := s.now()
	stage.WriteJSON(w, http.StatusOK, quoteAnswer{
		QuoteID:    quoteID(body.RestaurantID, body.Dropoff),
		FeeMinor:   way.fee(),
		Currency:   string(catalogue.Currency),
		ETA:        way.arrival(now, body.RequestedFor),
		ValidUntil: now.Add(quoteLasts).UTC(),
	})
}

// way finds the route, or answers with the refusal and returns false.
func (s *Service) way(w http.ResponseWriter, restaurantID string, door place) (route, bool) {
	from := s.catalogue.Restaurant(restaurantID)
	if from == nil {
		stage.Problem(w, http.StatusUnprocessableEntity, "unknown_restaurant", "There is no kitchen with this restaurant_id.", nil)
		return route{}, false
	}
	way := newRoute(from.Coordinates, door.coordinates())
	if !way.reachable() {
		stage.Problem(w, http.StatusUnprocessableEntity, "outside_area", "The place is farther from the kitchen than meals are brought.", nil)
		return route{}, false
	}
	return way, true
}
