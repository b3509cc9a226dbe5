package delivery

import (
	"net/http"

	"tiffin/internal/demo/stage"
)

// assign answers PUT /deliveries/{order_id}: it books a driver under the order's id.
func (s *Service) assign(w http.ResponseWriter, r *http.Request) {
	var body assignBody
	if !stage.ReadJSON(w, r, &body) {
		return
	}
	way, ok := s.way(w, body.RestaurantID, body.Dropoff.place())
	if !ok {
		return
	}
	body.RequestedFor = body.RequestedFor.UTC() // comparable
	s.mu.Lock()
	defer s.mu.Unlock()
	orderID := r.PathValue("order_id")
	if known := s.jobs[orderID]; known != nil {
		s.repeat(w, known, body)
		return
	}
	if code, detail := refusal(way, body); code != "" {
		stage.Problem(w, http.StatusConflict, code, detail, nil)
		return
	}
	s.jobs[orderID] = s.newJob(orderID, way, body)
	s.writeJob(w, s.jobs[orderID])
}

// refusal is why an order that is new gets no driver; an empty code where it does.
func refusal(way route, body assignBody) (code, detail string) {
	switch {
	case body.QuoteID != quoteID(body.RestaurantID, body.Dropoff.place()):
		return "quote_mismatch", "The quote is for another kitchen or place."
	case isLonely(way.to):
		return "no_driver", "No driver is free for this place."
	}
	return "", ""
}

// repeat answers for an order that the service has heard of.
func (s *Service) repeat(w http.ResponseWriter, known *job, body assignBody) {
	switch {
	case known.cancelled:
		stage.Problem(w, http.StatusGone, "cancelled", "The delivery of this order was cancelled.", nil)
	case known.request != body:
		stage.Problem(w, http.StatusConflict, "already_assigned", "The order has a delivery with other particulars.", nil)
	default:
		s.writeJob(w, known)
	}
}

func (s *Service) newJob(orderID string, way route, body assignBody) *job {
	now := s.now()
	j := &job{orderID: orderID, request: body, driver: driverFor(orderID), kitchen: way.from, found: now}
	if isSlow(way.to) {
		j.found = now.Add(slowSearch)
	}
	j.eta = way.arrival(now, body.RequestedFor)
	j.pickup = j.eta.Add(-way.travel())
	return j
}

// writeJob answers 201 with a driver, 202 while one is looked for.
func (s *Service) writeJob(w http.ResponseWriter, j *job) {
	answer, code := j.answer(s.now()), http.StatusCreated
	if answer.Status == searching {
		code = http.StatusAccepted
	}
	stage.WriteJSON(w, code, answer)
}

// cancel answers POST /deliveries/{order_id}/cancel. It needs no delivery: an assign that comes later is refused.
func (s *Service) cancel(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	orderID := r.PathValue("order_id")
	if !s.promises.Kept().Tombstones {
		delete(s.jobs, orderID)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if s.jobs[orderID] == nil {
		s.jobs[orderID] = &job{orderID: orderID}
	}
	s.jobs[orderID].cancelled = true
	w.WriteHeader(http.StatusNoContent)
}
