package shed

import (
	"container/list"
	"context"
	"sync"
	"time"

	"tiffin/fault"
)

// Admission bounds how many operations are executed at once. It is safe for concurrent use and starts nothing.
type Admission struct {
	cfg Config

	mu      sync.Mutex
	room    room
	running int
	waiting [priorities]list.List // of chan struct{}, each closed when its place is free
	// left is leave, as one value for all.
	left func()
}

// NewAdmission makes an Admission of a Config that is valid.
func NewAdmission(cfg Config) *Admission {
	cfg = cfg.WithDefaults()
	a := &Admission{cfg: cfg, room: newRoom(cfg)}
	a.left = a.leave
	return a
}

// Enter takes a place, at once or when one is free: the highest priority first, and within it whoever came first. leave, not nil where
// there was one, gives it back and is to be called once. Refused is who finds too many waiting, or waited for MaxWait or until ctx ended.
func (a *Admission) Enter(ctx context.Context, p Priority) (leave func(), refused *fault.Error) {
	place, queued, refused := a.queue(p)
	if refused != nil {
		return nil, refused
	}
	if queued != nil && !a.wait(ctx, p, place, queued) {
		return nil, a.cfg.overloaded()
	}
	return a.left, nil
}

// queue takes a place, or where there is none queues for one: then queued is not nil.
func (a *Admission) queue(p Priority) (place chan struct{}, queued *list.Element, refused *fault.Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.room.look(a.running)
	a.admit() // the room may have grown
	if a.running < a.room.places {
		a.running++
		return nil, nil, nil
	}
	if a.waiting[p].Len() >= a.cfg.Queue {
		return nil, nil, a.cfg.overloaded()
	}
	place = make(chan struct{})
	return place, a.waiting[p].PushBack(place), nil
}

// wait reports whether the place came in time.
func (a *Admission) wait(ctx context.Context, p Priority, place chan struct{}, queued *list.Element) bool {
	timer := time.NewTimer(a.cfg.MaxWait)
	defer timer.Stop()
	select {
	case <-place:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-place: // in the same moment; it must not get lost
		return true
	default:
		a.waiting[p].Remove(queued)
		return false
	}
}

// leave gives the place back, to whom it is due.
func (a *Admission) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running--
	a.room.look(a.running)
	a.admit()
}

// admit gives free places to those who wait, by priority. The caller holds mu.
func (a *Admission) admit() {
	for p := range a.waiting {
		for next := a.waiting[p].Front(); next != nil && a.running < a.room.places; next = a.waiting[p].Front() {
			a.running++
			close(a.waiting[p].Remove(next).(chan struct{})) //nolint:forcetypeassert // nothing else is in there
		}
	}
}
