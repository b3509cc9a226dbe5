package checkout

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"tiffin/checkout/journal"
)

// runs are the orders that this process drives, at most one goroutine each, and so many at once.
type runs struct {
	most int

	mu     sync.Mutex
	byID   map[sagaID]*run
	closed bool
	group  sync.WaitGroup
}

// run is one order on its way.
type run struct {
	id sagaID
	// stop ends the driving; set once there is any.
	stop context.CancelFunc
	// done is closed when nobody drives the order any more.
	done chan struct{}
	// left is the row as it was left, to be read after done: closed or parked. Nil where the journal must be asked.
	left *journal.Row
}

// Why an order is not begun.
var (
	errClosing = errors.New("checkout: closing")
	errFull    = errors.New("checkout: as many orders as it takes on are under way")
)

func newRuns(most int) *runs { return &runs{most: most, byID: map[sagaID]*run{}} }

// begin makes the caller the one who drives the order, until end; or returns the run of who does.
func (r *runs) begin(id sagaID) (its *run, mine bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch there := r.byID[id]; {
	case there != nil:
		return there, false, nil
	case r.closed:
		return nil, false, errClosing
	case len(r.byID) >= r.most:
		return nil, false, errFull
	}
	r.group.Add(1)
	r.byID[id] = &run{id: id, done: make(chan struct{})}
	return r.byID[id], true, nil
}

// end tells those who wait how the row was left.
func (r *runs) end(run *run, left *journal.Row) {
	r.mu.Lock()
	delete(r.byID, run.id)
	r.mu.Unlock()
	run.left = left
	close(run.done)
	r.group.Done()
}

// drives notes how the driving of a run is stopped.
func (r *runs) drives(run *run, stop context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run.stop = stop
}

// stop ends a run that is driven: its order is left where it is. One that is not driven yet goes on to its end.
func (r *runs) stop(run *run) {
	r.mu.Lock()
	stop := run.stop
	r.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// find returns the order's run; nil if nobody here drives it.
func (r *runs) find(id sagaID) *run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byID[id]
}

// ids are the orders under way.
func (r *runs) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]string, 0, len(r.byID))
	for id := range maps.Keys(r.byID) {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	return ids
}

// free is how many more can begin.
func (r *runs) free() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0
	}
	return r.most - len(r.byID)
}

// close lets no more orders begin. The channel is closed when the last one under way has ended.
func (r *runs) close() <-chan struct{} {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	drained := make(chan struct{})
	go func() {
		r.group.Wait()
		close(drained)
	}()
	return drained
}
