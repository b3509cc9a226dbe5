package orders

import (
	"strconv"
	"testing"
	"time"
)

func TestQuotesAreBounded(t *testing.T) {
	c, now := &cart{CustomerRef: "alice"}, time.Unix(0, 0)
	q := newQuotes()
	for n := range maxQuotes + 2 {
		q.add(&quote{ref: strconv.Itoa(n), sameness: c.sameness(), validUntil: now.Add(time.Second)})
	}
	if len(q.byRef) != maxQuotes || q.holding("1", c, now) != nil || q.holding("2", c, now) == nil || q.holding(strconv.Itoa(maxQuotes+1), c, now) == nil {
		t.Errorf("%d quotes are kept, the two oldest must have gone", len(q.byRef))
	}
}

// Ids with separators in them must not make two carts the same.
func TestSamenessIsUnambiguous(t *testing.T) {
	carts := []cart{
		{CustomerRef: "a b", RestaurantRef: "c"},
		{CustomerRef: "a", RestaurantRef: "b c"},
		{CustomerRef: `a" "b`, RestaurantRef: "c"},
		{CustomerRef: "a", RestaurantRef: "b", Lines: []cartLine{{ItemRef: "x", Qty: 11}}},
		{CustomerRef: "a", RestaurantRef: "b", Lines: []cartLine{{ItemRef: "x", Qty: 1}, {ItemRef: "1", Qty: 1}}},
		{CustomerRef: "a", RestaurantRef: "b", Lines: []cartLine{{ItemRef: "x", Qty: 1, OptionRefs: []optionRef{{"g/h", "o"}}}}},
		{CustomerRef: "a", RestaurantRef: "b", Lines: []cartLine{{ItemRef: "x", Qty: 1, OptionRefs: []optionRef{{"g", "h/o"}}}}},
	}
	seen := map[string]int{}
	for n, c := range carts {
		if other, ok := seen[c.sameness()]; ok {
			t.Errorf("carts %d and %d are the same", other, n)
		}
		seen[c.sameness()] = n
	}
}
