package orders

import (
	"cmp"
	"slices"
)

// everybody is the list of all customers' orders.
const everybody = ""

// shelf keeps the orders: by ref, and by customer in the order of their time.
type shelf struct {
	byRef map[string]*order
	// lists are oldest first; under everybody are all. Tombstones are in none.
	lists map[string][]*order
}

func newShelf() shelf { return shelf{map[string]*order{}, map[string][]*order{}} }

func (s *shelf) add(o *order) {
	s.byRef[o.ref] = o
	for _, list := range []string{everybody, o.customer} {
		at, _ := slices.BinarySearchFunc(s.lists[list], placeOf(o), compare)
		s.lists[list] = slices.Insert(s.lists[list], at, o)
	}
}

// bury adds a tombstone, which no list shows.
func (s *shelf) bury(o *order) { s.byRef[o.ref] = o }

// compare puts orders in the order of their time, and of their ref at the same time.
func compare(o *order, p place) int {
	return cmp.Or(cmp.Compare(o.placedAt.UnixNano(), p.nanos), cmp.Compare(o.ref, p.ref))
}

// page is up to limit orders of a list that wanted says yes to, and whether more follow.
func page(list []*order, limit int, wanted func(*order) bool) (orders []*order, more bool) {
	for _, o := range list {
		switch {
		case !wanted(o):
		case len(orders) == limit:
			return orders, true
		default:
			orders = append(orders, o)
		}
	}
	return orders, false
}

// newestFirst are the orders of a customer, or everybody's, that come behind a place in the list; from the top without one.
func (s *shelf) newestFirst(list string, behind *place) []*order {
	orders := s.lists[list]
	if behind != nil {
		at, _ := slices.BinarySearchFunc(orders, *behind, compare)
		orders = orders[:at]
	}
	orders = slices.Clone(orders)
	slices.Reverse(orders)
	return orders
}

// oldestFirst are everybody's orders that come behind a place in the list; from the oldest without one.
func (s *shelf) oldestFirst(behind *place) []*order {
	orders := s.lists[everybody]
	if behind == nil {
		return orders
	}
	at, found := slices.BinarySearchFunc(orders, *behind, compare)
	if found {
		at++
	}
	return orders[at:]
}
