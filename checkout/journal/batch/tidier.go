package batch

import "time"

// tidier runs a function some time after the first of a series of events. It belongs to one goroutine.
type tidier struct {
	after time.Duration
	fn    func()
	clock *time.Timer // nil while nothing is due
}

func newTidier(after time.Duration, fn func()) *tidier { return &tidier{after: after, fn: fn} }

// due asks for a run, in a while.
func (t *tidier) due() {
	if t.after > 0 && t.clock == nil {
		t.clock = time.NewTimer(t.after)
	}
}

// timer says when; never, if nothing is due.
func (t *tidier) timer() <-chan time.Time {
	if t.clock == nil {
		return nil
	}
	return t.clock.C
}

func (t *tidier) run() {
	t.clock = nil
	t.fn()
}

// stop runs what is due.
func (t *tidier) stop() {
	if t.clock != nil {
		t.clock.Stop()
		t.run()
	}
}
