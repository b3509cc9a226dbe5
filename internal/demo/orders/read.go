package orders

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tiffin/internal/demo/stage"
)

// Bounds of a page and of a list of refs, as in the contract.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// get serves GET /orders/{order_ref}.
func (s *Service) get(w http.ResponseWriter, r *http.Request) {
	page, _ := s.bulk([]string{r.PathValue("order_ref")}, s.language(r)) // one is not too many
	if len(page.Orders) == 0 || !s.promises.Kept().Inquiry {
		stage.Problem(w, http.StatusNotFound, "order_unknown", "there is no such order", nil)
		return
	}
	stage.WriteJSON(w, http.StatusOK, page.Orders[0])
}

// search serves GET /orders.
func (s *Service) search(w http.ResponseWriter, r *http.Request) {
	answer, refused := s.answer(r.URL.Query(), s.language(r))
	if refused != nil {
		refused.send(w)
		return
	}
	stage.WriteJSON(w, http.StatusOK, answer)
}

func (s *Service) answer(query url.Values, lang language) (wirePage, *refusal) {
	given := 0
	for _, name := range []string{"refs", "customer_ref", "scope", "unsettled_before"} {
		if query.Get(name) != "" {
			given++
		}
	}
	if given != 1 {
		return wirePage{}, malformed("exactly one of refs, customer_ref, scope and unsettled_before is needed")
	}
	if refs := query.Get("refs"); refs != "" {
		return s.bulk(strings.Split(refs, ","), lang)
	}
	return s.list(query, lang)
}

// bulk are the orders with these refs, as far as they exist.
func (s *Service) bulk(refs []string, lang language) (wirePage, *refusal) {
	if len(refs) > maxLimit {
		return wirePage{}, malformed(fmt.Sprintf("at most %d refs", maxLimit))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var page wirePage
	for _, ref := range refs {
		if o := s.find(ref); o != nil && !o.isTombstone() {
			page.Orders = append(page.Orders, o.wire(lang, ""))
		}
	}
	return page, nil
}

// list is one page of a list.
func (s *Service) list(query url.Values, lang language) (wirePage, *refusal) {
	limit, refused := limitOf(query)
	if refused != nil {
		return wirePage{}, refused
	}
	behind, refused := parseCursor(query.Get("cursor"))
	if refused != nil {
		return wirePage{}, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if query.Get("unsettled_before") != "" {
		return s.unsettled(query.Get("unsettled_before"), behind, limit, lang)
	}
	customer := query.Get("customer_ref")
	if query.Has("scope") {
		customer = everybody
	}
	status := query.Get("status")
	found, more := page(s.shelf.newestFirst(customer, behind), limit, func(o *order) bool { return status == "" || s.find(o.ref).status() == status })
	return wireOrders(found, more, lang), nil
}

// unsettled is a page of orders that wait to be confirmed or cancelled, those that were recalled among them. The caller holds the lock.
func (s *Service) unsettled(before string, behind *place, limit int, lang language) (wirePage, *refusal) {
	until, err := time.Parse(time.RFC3339, before)
	if err != nil {
		return wirePage{}, malformed("unsettled_before must be a time of RFC 3339")
	}
	found, more := page(s.shelf.oldestFirst(behind), limit, func(o *order) bool { return o.isUnsettled() && o.placedAt.Before(until) })
	return wireOrders(found, more, lang), nil
}

func limitOf(query url.Values) (int, *refusal) {
	if !query.Has("limit") {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, malformed(fmt.Sprintf("limit must be 1 to %d", maxLimit))
	}
	return limit, nil
}
