package orders

import (
	"crypto/rand"
	"net/http"
	"time"

	"tiffin/internal/demo/stage"
)

const (
	// quoteTTL is how long a price holds.
	quoteTTL = 10 * time.Minute
	// maxQuotes bounds those that are remembered; the oldest goes first, and its price holds no longer.
	maxQuotes = 1 << 16
)

// quote is a price that holds for a while.
type quote struct {
	ref        string
	sameness   string // of the cart
	price      price
	validUntil time.Time
}

// quotes are the newest quotes by ref.
type quotes struct {
	byRef map[string]*quote
	refs  []string // oldest first
}

func newQuotes() quotes { return quotes{byRef: map[string]*quote{}} }

func (q *quotes) add(quote *quote) {
	q.byRef[quote.ref] = quote
	q.refs = append(q.refs, quote.ref)
	if len(q.refs) > maxQuotes {
		delete(q.byRef, q.refs[0])
		q.refs = q.refs[1:]
	}
}

// holding finds the quote whose price holds for the cart; nil where there is none.
func (q *quotes) holding(ref string, c *cart, now time.Time) *quote {
	found := q.byRef[ref]
	if found == nil || found.sameness != c.sameness() || !now.Before(found.validUntil) {
		return nil
	}
	return found
}

// quote serves POST /quotes.
func (s *Service) quote(w http.ResponseWriter, r *http.Request) {
	var c cart
	if !stage.ReadJSON(w, r, &c) {
		return
	}
	if refused := c.check(); refused != nil {
		refused.send(w)
		return
	}
	offer, refused := s.offerFor(&c, s.language(r))
	if refused != nil {
		refused.send(w)
		return
	}
	stage.WriteJSON(w, http.StatusOK, offer)
}

func (s *Service) offerFor(c *cart, lang language) (wireQuote, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, refused := s.price(c)
	if refused != nil {
		return wireQuote{}, refused
	}
	return s.offer(c, p).wire(lang), nil
}

// offer makes a quote of a price. The caller holds the lock.
func (s *Service) offer(c *cart, p price) *quote {
	q := &quote{ref: "qte_" + rand.Text(), sameness: c.sameness(), price: p, validUntil: s.now().UTC().Add(quoteTTL)}
	s.quotes.add(q)
	return q
}
