package fault

import (
	"context"
	"errors"
	"time"
)

// ErrStaleRefused is the cause where a service failed, an older answer was at hand, and the caller had refused such ones.
var ErrStaleRefused = errors.New("only an older answer is at hand, and none is wanted here")

type staleKey struct{}

// stale is a context that says something about older answers which stand in for a failure: one allocation for both.
type stale struct {
	context.Context //nolint:containedctx // it is one

	noter   StaleNoter
	refused bool
	anew    bool
}

// Value implements [context.Context].
func (s *stale) Value(key any) any {
	if key == (staleKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// under is what ctx says, as a context below it, to say something else.
func under(ctx context.Context) *stale {
	s := staleOf(ctx)
	s.Context = ctx
	return &s
}

func staleOf(ctx context.Context) stale {
	if s, ok := ctx.Value(staleKey{}).(*stale); ok {
		return *s
	}
	return stale{}
}

// StaleNoter is told of answers that are older than they should be because their service failed. It is safe for concurrent use.
type StaleNoter interface {
	// NoteStale is told how old an answer is, with the context that it was asked in.
	NoteStale(ctx context.Context, age time.Duration)
}

// StaleNote is a StaleNoter.
type StaleNote func(ctx context.Context, age time.Duration)

// NoteStale implements StaleNoter.
func (n StaleNote) NoteStale(ctx context.Context, age time.Duration) { n(ctx, age) }

// WithStaleNoter returns a context below which noter is told of each such answer. Only the innermost is told.
func WithStaleNoter(ctx context.Context, noter StaleNoter) context.Context {
	s := under(ctx)
	s.noter = noter
	return s
}

// WithStaleNote is [WithStaleNoter] of a function.
func WithStaleNote(ctx context.Context, note StaleNote) context.Context {
	return WithStaleNoter(ctx, note)
}

// WithoutStale returns a context below which an older answer is no answer.
func WithoutStale(ctx context.Context) context.Context {
	s := under(ctx)
	s.refused = true
	return s
}

// Anew returns a context below which only what the service says now is an answer: nothing that was kept, however fresh, and nothing that
// somebody else asked for before.
func Anew(ctx context.Context) context.Context {
	s := under(ctx)
	s.refused, s.anew = true, true
	return s
}

// AskedAnew reports whether ctx is below an [Anew].
func AskedAnew(ctx context.Context) bool { return staleOf(ctx).anew }

// StaleRefused reports whether ctx is below a [WithoutStale]: whoever could answer with something old must ask anew, and fail if that fails.
func StaleRefused(ctx context.Context) bool { return staleOf(ctx).refused }

// Stale is called by whoever has an answer that is age old in place of a failure. It reports whether the answer may be used, and has told
// the context's noter if so.
func Stale(ctx context.Context, age time.Duration) bool {
	s := staleOf(ctx)
	if s.refused {
		return false
	}
	if s.noter != nil {
		s.noter.NoteStale(ctx, age)
	}
	return true
}
