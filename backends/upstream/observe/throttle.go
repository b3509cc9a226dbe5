package observe

import (
	"sync"
	"time"
)

// quiet is how long one line in the log stands for all events of its kind.
const quiet = 10 * time.Second

// throttle lets one of many equal events through per quiet. The zero value lets the first through.
type throttle struct {
	mu      sync.Mutex
	last    time.Time
	skipped int
}

// pass reports whether the event is to be told, and how many were not since the last that was.
func (t *throttle) pass() (skipped int, told bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); t.last.IsZero() || now.Sub(t.last) >= quiet {
		skipped, t.skipped, t.last = t.skipped, 0, now
		return skipped, true
	}
	t.skipped++
	return 0, false
}
