// Package call is what the positions of the client chain pass to each other: a [Trip], with what they share about one logical call, its
// [Call]. [Start] makes both.
package call

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNotSent is wrapped by the errors of positions that refused before anything was sent: the service has not seen the request, and no
// instance is to blame.
var ErrNotSent = errors.New("nothing was sent")

// ErrLate is wrapped by the error of an attempt whose time was up, where this process noticed that much too late: it is short of CPU, and an
// answer may have been waiting for it. That speaks against no instance.
var ErrLate = errors.New("noticed late, this process is short of CPU")

// Call is one call with all its attempts. Its methods are safe for concurrent use, for the attempts of a hedge run side by side, and all but
// Begin are usable on a nil Call, which stands for a request outside of the chain: a [Write] that nothing is known about. Below the chain, and
// in positions that know only net/http, [From] finds it.
type Call struct {
	// Idempotent says that the request may be sent again: it is a [Read], or a [KeyedWrite] to a service that is declared to honour keys.
	// It is set before the first attempt.
	Idempotent bool
	// Began is when the call did. Start sets it.
	Began time.Time
	kind  Kind
	begun atomic.Bool // some attempt has
	sent  atomic.Int32
	// Cache is what the cache did. The cache sets it before it returns; positions above read it after that.
	Cache Cache

	deadline time.Time

	mu    sync.Mutex
	tried []string
	one   [1]string // backs tried at first, so that the usual call, of one attempt, is one allocation
	first Attempt   // for the same reason
}

// Cache is a note of what the cache did with a call.
type Cache struct {
	// Status is "hit", "miss", "stale", …, as the cache documents it; empty where there is none.
	Status string
	// Age is the answer's, where it came from the cache.
	Age time.Duration
}

type contextKey struct{}

// With returns a context that carries c.
func With(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// From returns the call that ctx belongs to; nil outside of the chain.
func From(ctx context.Context) *Call {
	c, _ := ctx.Value(contextKey{}).(*Call)
	return c
}

// Kind says what the request does.
func (c *Call) Kind() Kind {
	if c == nil {
		return Write
	}
	return c.kind
}

// Repeatable is Idempotent, false for a nil Call.
func (c *Call) Repeatable() bool { return c != nil && c.Idempotent }

// Limit notes when the call is to be over, before the first attempt. It is a note, not the context's deadline, because a timer for the
// call beside that of the attempt costs more than the rest of the chain: whoever waits on behalf of a call asks [Trip.Deadline], or
// [Deadline], how long.
func (c *Call) Limit(deadline time.Time) {
	if c != nil {
		c.deadline = deadline
	}
}

// Deadline is [Trip.Deadline] by a context that carries the call.
func Deadline(ctx context.Context) (time.Time, bool) { return earlier(ctx, From(ctx)) }

func earlier(ctx context.Context, c *Call) (time.Time, bool) {
	deadline, ok := ctx.Deadline()
	if c != nil && !c.deadline.IsZero() && (!ok || c.deadline.Before(deadline)) {
		return c.deadline, true
	}
	return deadline, ok
}

// Begin notes that an attempt begins, and returns it for the trip. The position that picks instances calls it.
func (c *Call) Begin(a Attempt) *Attempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tried == nil {
		c.tried = c.one[:0]
	}
	c.tried = append(c.tried, a.Addr)
	if c.begun.Swap(true) {
		another := a
		return &another
	}
	c.first = a
	return &c.first
}

// Tried returns the address of the instance of each attempt so far, in order; there may be repetitions. The result does not change and is
// not to be changed. A nil Call has tried none.
func (c *Call) Tried() []string {
	if c == nil || !c.begun.Load() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tried
}

// Send notes that an attempt is about to leave the process; those that a breaker refused are not among them.
func (c *Call) Send() {
	if c != nil {
		c.sent.Add(1)
	}
}

// Attempts is how many left the process so far.
func (c *Call) Attempts() int {
	if c == nil {
		return 0
	}
	return int(c.sent.Load())
}
