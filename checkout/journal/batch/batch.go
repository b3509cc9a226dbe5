// Package batch is group commit: one goroutine does, in one commit, what many ask for while it is busy with the commit before. Under
// load one fsync serves many.
package batch

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tiffin/checkout/journal"
)

// Config bounds a queue.
type Config struct {
	// Waiting is how many may wait; one more is refused. More than 0.
	Waiting int
	// Most is how many go into one commit at the most. More than 0.
	Most int
	// TidyAfter is how long after a commit Deps.Tidy runs, at most once for all commits since; 0 for never.
	TidyAfter time.Duration
}

// Deps are what a queue calls, always from its one goroutine.
type Deps[Op any] struct {
	// Commit does the ops in their order, and returns an error for each: they are acknowledged when it returns.
	Commit func(ops []Op) []error
	// Tidy runs between commits; see Config.TidyAfter. It also runs last when the queue closes, if there was a commit since.
	Tidy func()
}

// Queue commits in groups. It is safe for concurrent use.
type Queue[Op any] struct {
	cfg  Config
	deps Deps[Op]
	ops  chan *pending[Op]
	done chan struct{}

	mu     sync.RWMutex
	open   bool
	closed bool
}

// pending is an op that somebody waits for.
type pending[Op any] struct {
	op Op
	// taken is set by the one who decides the op's fate: the goroutine that commits it, or the caller who gives up.
	taken atomic.Bool
	err   chan error
}

// New returns a queue that accepts nothing before Start.
func New[Op any](cfg Config, deps Deps[Op]) *Queue[Op] {
	return &Queue[Op]{cfg: cfg, deps: deps, ops: make(chan *pending[Op], cfg.Waiting), done: make(chan struct{})}
}

// Start starts the goroutine; Close ends it.
func (q *Queue[Op]) Start() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.open && !q.closed {
		q.open = true
		go q.run()
	}
}

// Close refuses what comes, lets what waits be committed, and returns when the goroutine has ended.
func (q *Queue[Op]) Close() {
	q.mu.Lock()
	started, closed := q.open, q.closed
	q.open, q.closed = false, true
	q.mu.Unlock()
	if !closed {
		close(q.ops)
	}
	if started || closed {
		<-q.done
	} else {
		close(q.done)
	}
}

// Do returns when op was committed, with Commit's error; or when ctx ends: with [journal.ErrNotWritten] if its commit had not begun and
// never will, with [journal.ErrUnavailable] if it had, so that its outcome is not known.
func (q *Queue[Op]) Do(ctx context.Context, op Op) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", journal.ErrNotWritten, err)
	}
	p := &pending[Op]{op: op, err: make(chan error, 1)}
	if err := q.enqueue(p); err != nil {
		return err
	}
	select {
	case err := <-p.err:
		return err
	case <-ctx.Done():
	}
	if p.taken.CompareAndSwap(false, true) {
		return fmt.Errorf("%w: gave up before its turn: %w", journal.ErrNotWritten, ctx.Err())
	}
	return fmt.Errorf("%w: gave up during the commit: %w", journal.ErrUnavailable, ctx.Err())
}

func (q *Queue[Op]) enqueue(p *pending[Op]) error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if !q.open {
		return fmt.Errorf("%w: the store is not open", journal.ErrNotWritten)
	}
	select {
	case q.ops <- p:
		return nil
	default:
		return fmt.Errorf("%w: %d writes wait already: the disk is slower than what is asked of it", journal.ErrNotWritten, q.cfg.Waiting)
	}
}

func (q *Queue[Op]) run() {
	defer close(q.done)
	tidy := newTidier(q.cfg.TidyAfter, q.deps.Tidy)
	defer tidy.stop()
	for {
		select {
		case first, more := <-q.ops:
			if !more {
				return
			}
			if q.commit(q.gather(first)) {
				tidy.due()
			}
		case <-tidy.timer():
			tidy.run()
		}
	}
}

// gather takes what waits already; it waits for nobody.
func (q *Queue[Op]) gather(first *pending[Op]) []*pending[Op] {
	group := []*pending[Op]{first}
	for len(group) < q.cfg.Most {
		select {
		case p, more := <-q.ops:
			if !more {
				return group
			}
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// commit reports whether there was anything to commit: not what was given up.
func (q *Queue[Op]) commit(group []*pending[Op]) bool {
	live, ops := group[:0], make([]Op, 0, len(group))
	for _, p := range group {
		if p.taken.CompareAndSwap(false, true) {
			live, ops = append(live, p), append(ops, p.op)
		}
	}
	if len(live) == 0 {
		return false
	}
	for i, err := range q.deps.Commit(ops) {
		live[i].err <- err
	}
	return true
}
