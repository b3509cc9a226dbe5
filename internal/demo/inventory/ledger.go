package inventory

import (
	"maps"
	"sync"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/seed"
)

// ledger is who holds how many of what. Available plus all that orders hold is always Initial.
type ledger struct {
	mu        sync.Mutex
	initial   map[string]int
	available map[string]int
	orders    map[string]*holding
}

// holding is one order's stock by line id; released is for good.
type holding struct {
	lines    map[string]line
	released bool
}

// line is a dish and how many of it.
type line struct {
	item     string
	quantity int
}

// outcome is what became of a reservation.
type outcome int

const (
	taken outcome = iota
	repeated
	released
	differs
	short
)

func newLedger(cat *catalogue.Catalogue, past []seed.Order) *ledger {
	l := &ledger{initial: map[string]int{}, available: map[string]int{}, orders: map[string]*holding{}}
	for _, r := range cat.Restaurants {
		for _, item := range r.Items() {
			l.initial[item.ID], l.available[item.ID] = item.Stock, item.Stock
		}
	}
	for _, order := range past {
		l.remember(order)
	}
	return l
}

// remember enters a past order as if the stock had been larger by it.
func (l *ledger) remember(order seed.Order) {
	if order.Status == "cancelled" {
		l.orders[order.ID] = &holding{released: true}
		return
	}
	h := &holding{lines: map[string]line{}}
	for _, past := range order.Lines {
		h.lines[past.ID] = line{past.ItemID, past.Quantity}
		l.initial[past.ItemID] += past.Quantity
	}
	l.orders[order.ID] = h
}

// reserve takes those of the lines that the order does not hold yet, all or none. Where it is short, it tells how many there are of
// each dish that is.
func (l *ledger) reserve(order string, lines map[string]line) (outcome, map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.orders[order]
	if h == nil {
		h = &holding{lines: map[string]line{}}
	}
	if h.released {
		return released, nil
	}
	fresh, same := h.missing(lines)
	if !same {
		return differs, nil
	}
	if shortages := l.shortages(fresh); len(shortages) > 0 {
		return short, shortages
	}
	for id, line := range fresh {
		h.lines[id] = line
		l.available[line.item] -= line.quantity
	}
	if l.orders[order] != nil {
		return repeated, nil
	}
	l.orders[order] = h
	return taken, nil
}

// missing are the lines that are not held yet; same is false where one is held with another dish or quantity.
func (h *holding) missing(lines map[string]line) (fresh map[string]line, same bool) {
	fresh = maps.Clone(lines)
	for id, wanted := range lines {
		held, ok := h.lines[id]
		if ok && held != wanted {
			return nil, false
		}
		if ok {
			delete(fresh, id)
		}
	}
	return fresh, true
}

// shortages are the dishes of which the lines together want more than there are.
func (l *ledger) shortages(lines map[string]line) map[string]int {
	wanted := map[string]int{}
	for _, line := range lines {
		wanted[line.item] += line.quantity
	}
	maps.DeleteFunc(wanted, func(item string, quantity int) bool { return quantity <= l.available[item] })
	for item := range wanted {
		wanted[item] = l.available[item]
	}
	return wanted
}

// release gives an order's stock back, and leaves a tombstone, where they are left, whether or not there was any.
func (l *ledger) release(order string, tombstone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.orders[order]; h != nil {
		for _, line := range h.lines {
			l.available[line.item] += line.quantity
		}
	}
	delete(l.orders, order)
	if tombstone {
		l.orders[order] = &holding{released: true}
	}
}

// holds reports whether the order has stock; known is false where it is not heard of.
func (l *ledger) holds(order string) (held, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.orders[order]
	return h != nil && !h.released, h != nil
}

// isReleased reports whether the order has a tombstone.
func (l *ledger) isReleased(order string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.orders[order]
	return h != nil && h.released
}

// onHand is how many of a dish there are; false for an unknown dish.
func (l *ledger) onHand(item string) (int, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := l.available[item]
	return n, ok
}

func (l *ledger) snapshot() Holdings {
	l.mu.Lock()
	defer l.mu.Unlock()
	byOrder := map[string]map[string]int{}
	for id, h := range l.orders {
		if h.released {
			continue
		}
		byOrder[id] = map[string]int{}
		for _, line := range h.lines {
			byOrder[id][line.item] += line.quantity
		}
	}
	return Holdings{Initial: maps.Clone(l.initial), Available: maps.Clone(l.available), ByOrder: byOrder}
}
