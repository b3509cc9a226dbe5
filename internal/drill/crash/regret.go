//go:build unix

package crash

// mayRegret reports whether the order can be called off: it was confirmed, and was not called off before.
func (e *entry) mayRegret() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.verdict != nil && e.verdict.kind == confirmed && e.regretted == ""
}

func (e *entry) regret(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.regretted = key
}

// regrets is the key under which the order was called off.
func (e *entry) regrets() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.regretted
}

// hearRecall keeps an answer to a cancellation, and reports whether it is a verdict. A confirmed order whose kitchen has not started is
// called off, and all of it is given back: there is no other.
func (e *entry) hearRecall(a answer) (final bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case a.kind == recalled && a.total == e.offer.total && a.orderID == e.orderID:
		e.recalled = true
		return true
	case a.kind == refused || a.kind == recalled:
		e.object("was to be called off, and was told %s (%s)", a, a.orderID)
		return true
	default:
		return false
	}
}
