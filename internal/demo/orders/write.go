package orders

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"tiffin/internal/demo/stage"
	"tiffin/internal/storefront"
)

// usualTime is from the order to the door.
const usualTime = 40 * time.Minute

// newOrder is the contract's NewOrder.
type newOrder struct {
	cart

	PaymentReference string `json:"payment_reference"`
	QuoteRef         string `json:"quote_ref,omitzero"`
	ExpectedTotal    amount `json:"expected_total"`
}

func (n *newOrder) check() *refusal {
	if n.PaymentReference == "" {
		return malformed("payment_reference is required")
	}
	if _, refused := n.ExpectedTotal.minor(); refused != nil {
		return refused
	}
	return n.cart.check()
}

// create serves PUT /orders/{order_ref}.
func (s *Service) create(w http.ResponseWriter, r *http.Request) {
	var wanted newOrder
	if !stage.ReadJSON(w, r, &wanted) {
		return
	}
	ref, refused := orderRef(r)
	if refused == nil {
		refused = wanted.check()
	}
	if refused != nil {
		refused.send(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lang, status := s.language(r), http.StatusOK
	o, refused := s.existing(ref, &wanted)
	if o == nil && refused == nil {
		status = http.StatusCreated
		o, refused = s.place(ref, &wanted, lang)
	}
	if refused != nil {
		refused.send(w)
		return
	}
	stage.WriteJSON(w, status, o.wire(lang, ""))
}

// existing is the order that an identical request created, or the refusal where another did or it was cancelled.
func (s *Service) existing(ref string, wanted *newOrder) (*order, *refusal) {
	o := s.find(ref)
	switch {
	case o == nil:
		return nil, nil
	case o.status() == cancelled:
		return nil, &refusal{status: http.StatusGone, code: "order_cancelled", detail: "the order was cancelled"}
	case o.request != fingerprint(wanted):
		return nil, &refusal{status: http.StatusConflict, code: "order_differs", detail: "another request created this order"}
	}
	return o, nil
}

// place puts a new order on the shelf.
func (s *Service) place(ref string, wanted *newOrder, lang language) (*order, *refusal) {
	p, refused := s.agreed(wanted, lang)
	if refused != nil {
		return nil, refused
	}
	s.serial++
	now := s.now().UTC()
	o := &order{
		ref: ref, number: fmt.Sprintf("T-%05d", s.serial), customer: wanted.CustomerRef, restaurant: wanted.RestaurantRef,
		paymentRef: wanted.PaymentReference, placedAt: now, eta: now.Add(usualTime), price: p, request: fingerprint(wanted),
	}
	o.become(created, now)
	s.shelf.add(o)
	return o, nil
}

// agreed is the order's price: the quote's while that holds, else today's. It must be what the customer expects to pay.
func (s *Service) agreed(wanted *newOrder, lang language) (price, *refusal) {
	today, refused := s.price(&wanted.cart)
	if refused != nil {
		return price{}, refused
	}
	agreed := today
	if q := s.quotes.holding(wanted.QuoteRef, &wanted.cart, s.now()); q != nil {
		agreed.charges, agreed.total = q.price.charges, q.price.total
	}
	if expected, _ := wanted.ExpectedTotal.minor(); expected != agreed.total {
		return price{}, &refusal{
			status: http.StatusConflict, code: "price_changed", detail: "the total is not the expected one",
			members: map[string]any{"quote": s.offer(&wanted.cart, today).wire(lang)},
		}
	}
	return agreed, nil
}

// confirm serves POST /orders/{order_ref}/confirm.
func (s *Service) confirm(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(r.PathValue("order_ref"))
	if o == nil || (o.status() == cancelled && !o.was(confirmed)) {
		stage.Problem(w, http.StatusConflict, "not_confirmable", "the order is unknown or was cancelled before it was confirmed", nil)
		return
	}
	if o.status() == created {
		o.become(confirmed, s.now())
	}
	stage.WriteJSON(w, http.StatusOK, o.settled())
}

// cancel serves POST /orders/{order_ref}/cancel.
func (s *Service) cancel(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Reason string `json:"reason"`
	}
	if !stage.ReadJSON(w, r, &body) {
		return
	}
	ref, refused := orderRef(r)
	if refused != nil {
		refused.send(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(ref)
	if o == nil {
		o = &order{ref: ref, placedAt: s.now().UTC()}
		if s.promises.Kept().Tombstones {
			s.shelf.bury(o)
		}
	}
	if o.was(onTheWay) && !o.was(cancelled) {
		stage.Problem(w, http.StatusConflict, "not_cancellable", "the meal has left the kitchen", nil)
		return
	}
	if !o.was(cancelled) {
		o.become(cancelled, s.now())
	}
	stage.WriteJSON(w, http.StatusOK, o.settled())
}

// maxRef bounds what follows the prefix of an order_ref.
const maxRef = 64

// orderRef reads the contract's OrderRef from the path.
func orderRef(r *http.Request) (string, *refusal) {
	ref := r.PathValue("order_ref")
	token, ok := strings.CutPrefix(ref, storefront.OrderPrefix)
	if !ok || token == "" || len(token) > maxRef || strings.ContainsFunc(token, notAlphanumeric) {
		return "", malformed("order_ref must be ord_ and 1 to 64 letters and digits")
	}
	return ref, nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// fingerprint is equal for identical requests.
func fingerprint(wanted *newOrder) string {
	text, err := json.Marshal(wanted, json.Deterministic(true))
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return string(text)
}
