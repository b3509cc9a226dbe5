// Package scope has contexts like those of package context, for where many short ones are made of one that lasts: each of the calls that a
// request makes ends with it, and mostly long before. A [Scope] is part of whatever needs it and joins what [WithTimeout] made without an
// allocation, where [context.WithCancelCause] makes two and an entry in a map.
package scope

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Timed is a context of package context, and so for everybody else; only a [Scope] finds another one in it.
type Timed struct {
	context.Context //nolint:containedctx // it is one

	cancel context.CancelFunc
	begun  atomic.Bool // somebody has joined
	mu     sync.Mutex  // held to begin
	scope  Scope       // once begun
}

// WithTimeout is [context.WithTimeout]; a Scope joins it for less. Its End is called when it is no longer needed, at the latest.
func WithTimeout(parent context.Context, timeout time.Duration) *Timed {
	t := &Timed{}
	t.Context, t.cancel = context.WithTimeout(parent, timeout)
	return t
}

// End ends t and whatever was made of it.
func (t *Timed) End() {
	if t.begun.Load() {
		t.scope.End(context.Canceled) // before it hears of the end: that would need a goroutine
	}
	t.cancel()
}

func (t *Timed) join(s *Scope) {
	t.begin()
	t.scope.join(s)
}

func (t *Timed) begin() {
	if t.begun.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.begun.Load() {
		t.scope.Begin(t.Context)
		t.begun.Store(true)
	}
}

// Value implements [context.Context].
func (t *Timed) Value(key any) any {
	if key == (contextKey{}) {
		return t
	}
	return t.Context.Value(key)
}

type contextKey struct{}

// Scope is a context that ends with its parent, or by [Scope.End]. Its values and its deadline are its parent's. The zero Scope is not begun.
//
// A context that package context makes of a Scope ends with it, too; it needs a goroutine for that where there is a value between, see
// [Following]. [context.Cause] of a Scope is its Err, or the cause of a context of package context above it that has ended as well.
type Scope struct {
	context.Context //nolint:containedctx // it is one: the parent

	ended  atomic.Bool
	joined bool         // guarded by above.mu, and so are the neighbours
	err    error        // why, once ended
	done   atomic.Value // a chan struct{}, made when it is first asked for

	mu    sync.Mutex
	below *Scope // the first of those that end with it
	then  func() // what is done in its end

	above          *Scope // set once, before anybody else knows the Scope
	earlier, later *Scope
}

// Begin makes s end with parent: within moments, where that ends by itself. It is called once, before anything else.
func (s *Scope) Begin(parent context.Context) {
	s.Context = parent
	ended := parent.Done()
	if ended == nil {
		return
	}
	if err := parent.Err(); err != nil {
		s.End(err)
		return
	}
	// One somewhere above is the parent's own if nothing between them ends earlier.
	if t, ok := parent.Value(contextKey{}).(*Timed); ok && t.Done() == ended {
		t.join(s)
		return
	}
	leave := context.AfterFunc(parent, func() { s.End(parent.Err()) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.then = func() { leave() }
}

// End ends s, and whatever was made of it, for the reason err; only the first time. Where two end it at once, one may return before the other
// has seen to what was made of it. It is called when s is no longer needed, at the latest: until then its parent has it.
func (s *Scope) End(err error) {
	child, then, ended := s.end(err)
	if !ended {
		return
	}
	if s.above != nil {
		s.above.remove(s)
	}
	if then != nil {
		then()
	}
	for child != nil {
		next := child.later // nobody else uses it: the child is not joined any more
		child.later = nil
		child.End(err)
		child = next
	}
}

// end notes the end, and returns what is to be done about it; not ended where it was over before.
func (s *Scope) end(err error) (child *Scope, then func(), ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() {
		return nil, nil, false
	}
	s.err = err
	s.ended.Store(true)
	if done, ok := s.done.Load().(chan struct{}); ok {
		close(done)
	}
	for each := s.below; each != nil; each = each.later {
		each.joined, each.earlier = false, nil
	}
	child, s.below = s.below, nil
	then, s.then = s.then, nil
	return child, then, true
}

// join makes child end with s: now, where s is over.
func (s *Scope) join(child *Scope) {
	if err := s.add(child); err != nil {
		child.End(err)
	}
}

func (s *Scope) add(child *Scope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() {
		return s.err
	}
	child.above, child.joined, child.later = s, true, s.below
	if s.below != nil {
		s.below.earlier = child
	}
	s.below = child
	return nil
}

// remove reports whether child was to end with s until now.
func (s *Scope) remove(child *Scope) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !child.joined {
		return false
	}
	if child.earlier == nil {
		s.below = child.later
	} else {
		child.earlier.later = child.later
	}
	if child.later != nil {
		child.later.earlier = child.earlier
	}
	child.joined, child.earlier, child.later = false, nil, nil
	return true
}

// Done implements [context.Context].
func (s *Scope) Done() <-chan struct{} {
	if done, ok := s.done.Load().(chan struct{}); ok {
		return done
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	done, ok := s.done.Load().(chan struct{})
	if !ok {
		done = make(chan struct{})
		if s.ended.Load() {
			close(done)
		}
		s.done.Store(done)
	}
	return done
}

// Err implements [context.Context].
func (s *Scope) Err() error {
	if !s.ended.Load() {
		return nil
	}
	if done, ok := s.done.Load().(chan struct{}); ok {
		<-done // it is being closed: Err does not know before
	}
	return s.err
}

// AfterFunc arranges for f, which does not block, to be called when s ends, once: by whoever ends it, or in a goroutine where it is over
// already. The result takes that back, and reports whether it did. By this method package context follows other contexts than its own.
func (s *Scope) AfterFunc(f func()) (stop func() bool) {
	child := &Scope{then: f}
	if s.add(child) != nil {
		go f() // who asks may hold what f needs
	}
	return func() bool { return s.remove(child) }
}

// Following returns values, which are a Scope's with others beside them, as a context that package context follows without a goroutine.
func Following(parent, values context.Context) context.Context {
	if followed, ok := parent.(afterFuncer); ok && parent.Done() == values.Done() {
		return &following{values, followed}
	}
	return values
}

// afterFuncer is what package context looks for in other contexts than its own.
type afterFuncer interface {
	AfterFunc(f func()) (stop func() bool)
}

type following struct {
	context.Context //nolint:containedctx // it is one

	parent afterFuncer
}

// AfterFunc is the parent's.
func (f *following) AfterFunc(then func()) (stop func() bool) { return f.parent.AfterFunc(then) }
