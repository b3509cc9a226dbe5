package delivery

import (
	"net/http"
	"strings"

	"tiffin/internal/demo/stage"
)

// maxIDs bounds the ids of a bulk read.
const maxIDs = 100

// get answers GET /deliveries/{order_id}.
func (s *Service) get(w http.ResponseWriter, r *http.Request) {
	j := s.find(w, r)
	if j != nil {
		stage.WriteJSON(w, http.StatusOK, j.answer(s.now()))
	}
}

// find is the delivery that the path names, or nil after a 404.
func (s *Service) find(w http.ResponseWriter, r *http.Request) *job {
	j := s.job(r.PathValue("order_id"))
	if j == nil {
		stage.Problem(w, http.StatusNotFound, "not_found", "The order has no delivery.", nil)
	}
	return j
}

// list answers GET /deliveries?order_ids=…; orders without a delivery are left out.
func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	jobs, ok := s.many(w, r)
	if !ok {
		return
	}
	var answer struct {
		Deliveries []deliveryAnswer `json:"deliveries"`
	}
	for _, j := range jobs {
		answer.Deliveries = append(answer.Deliveries, j.answer(s.now()))
	}
	stage.WriteJSON(w, http.StatusOK, answer)
}

// positions answers GET /positions?order_ids=…; orders without a driver on the way are left out.
func (s *Service) positions(w http.ResponseWriter, r *http.Request) {
	jobs, ok := s.many(w, r)
	if !ok {
		return
	}
	var answer struct {
		Positions []positionAnswer `json:"positions"`
	}
	for _, j := range jobs {
		if p := j.positionAnswer(s.now()); p != nil {
			answer.Positions = append(answer.Positions, *p)
		}
	}
	stage.WriteJSON(w, http.StatusOK, answer)
}

// many finds the deliveries that the query lists, or answers 400 and returns false.
func (s *Service) many(w http.ResponseWriter, r *http.Request) ([]*job, bool) {
	ids := strings.Split(r.URL.Query().Get("order_ids"), ",")
	if ids[0] == "" || len(ids) > maxIDs {
		stage.Problem(w, http.StatusBadRequest, "order_ids_invalid", "order_ids lists 1 to 100 ids with commas between them.", nil)
		return nil, false
	}
	var jobs []*job
	for _, id := range ids {
		if j := s.job(id); j != nil && s.promises.Kept().Inquiry {
			jobs = append(jobs, j)
		}
	}
	return jobs, true
}
