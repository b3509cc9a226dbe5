package auth

import "sync"

// health tells of each issuer when it goes away and when it is back, not every fetch that fails.
type health struct {
	away func(issuer string, cause error)

	mu   sync.Mutex
	gone map[string]bool
}

func newHealth(away func(issuer string, cause error)) *health {
	return &health{away: away, gone: map[string]bool{}}
}

// report takes how a fetch went. A change is told while others wait with theirs, so that what is heard last is true.
func (h *health) report(issuer string, err error) {
	if h.away == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if gone := err != nil; gone != h.gone[issuer] {
		h.gone[issuer] = gone
		h.away(issuer, err)
	}
}
