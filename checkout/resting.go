package checkout

import (
	"sync"
	"time"
)

// resting are the rows that could not be driven at all: unreadable ones, and those over which the driving panicked. They are tried again,
// but not at each sweep: a sweep takes up so many rows, the oldest first, and these would keep all others waiting.
type resting struct {
	mu    sync.Mutex
	until map[sagaID]time.Time
}

func newResting() *resting { return &resting{until: map[sagaID]time.Time{}} }

// rest leaves a row alone for a while.
func (r *resting) rest(id sagaID, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until[id] = until
}

// ids are the rows to be left alone now; the others are forgotten.
func (r *resting) ids(now time.Time) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]string, 0, len(r.until))
	for id, until := range r.until {
		if !now.Before(until) {
			delete(r.until, id)
			continue
		}
		ids = append(ids, string(id))
	}
	return ids
}
