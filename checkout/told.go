package checkout

// told are the orders that were told of, so that each is told of once and not at every look. It belongs to one goroutine, and holds what
// the order service keeps unsettled: an order that is settled leaves it at the next whole look.
type told struct{ earlier, now map[string]bool }

func newTold() *told { return &told{earlier: map[string]bool{}, now: map[string]bool{}} }

// before reports whether the order was told of before, and notes that it is now.
func (t *told) before(id string) bool {
	known := t.earlier[id] || t.now[id]
	t.now[id] = true
	return known
}

// forgetOthers is called after a look at all orders: what was not met is over.
func (t *told) forgetOthers() { t.earlier, t.now = t.now, map[string]bool{} }
