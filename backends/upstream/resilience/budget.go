package resilience

import (
	"sync"
	"time"
)

// The budget looks at the last 10 seconds, one by one.
const (
	budgetSlots = 10
	budgetSlot  = time.Second
)

// rounding is what sums of shares may lack.
const rounding = 1e-9

// Budget bounds the extra attempts of one service, retries and hedges together: those of the last 10 s are at most share × the calls of
// the last 10 s, or 10 × minPerSecond if that is more. What the minimum lent to a service with few calls is paid back when there are
// more. So a service that is down sees 1.2 times the calls, not 3 times; what was saved more than 10 s ago does not count. It is safe
// for concurrent use.
type Budget struct {
	share, least float64
	start        time.Time

	mu           sync.Mutex
	slots        [budgetSlots]struct{ calls, extra int }
	calls, extra int     // sums over slots
	now          int64   // the slot in use, counted from start
	credit       float64 // of all calls, less all extra attempts; -least to share × calls
}

// NewBudget returns a Budget.
func NewBudget(share, minPerSecond float64) *Budget {
	return &Budget{share: share, least: minPerSecond * (budgetSlots * budgetSlot).Seconds(), start: time.Now()}
}

// Call counts a call, now.
func (b *Budget) Call(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(now)
	b.slots[b.now%budgetSlots].calls++
	b.calls++
	b.credit += b.share
}

// Take allows, and counts, an extra attempt.
func (b *Budget) Take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(time.Now())
	if b.left() < 1 {
		return false
	}
	b.slots[b.now%budgetSlots].extra++
	b.extra++
	b.credit = max(b.credit-1, -b.least)
	return true
}

// Left is how many extra attempts are allowed right now.
func (b *Budget) Left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(time.Now())
	return max(0, int(b.left()))
}

func (b *Budget) left() float64 {
	extra := float64(b.extra)
	return max(min(b.credit, b.share*float64(b.calls)-extra), b.least-extra) + rounding
}

// advance forgets what is older than the window.
func (b *Budget) advance(at time.Time) {
	now := int64(at.Sub(b.start) / budgetSlot)
	if now <= b.now {
		return
	}
	for steps := min(now-b.now, budgetSlots); steps > 0; steps-- {
		old := &b.slots[(now-steps+1)%budgetSlots]
		b.calls, b.extra = b.calls-old.calls, b.extra-old.extra
		*old = struct{ calls, extra int }{}
	}
	b.now = now
	b.credit = min(b.credit, b.share*float64(b.calls))
}
