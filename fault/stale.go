package fault

import (
	"context"
	"errors"
	"time"
)

// ErrStaleRefused is the cause where a service failed, an older answer was at hand, and the caller had refused such ones.
var ErrStaleRefused = errors.New("only an older answer is at hand, and none is wanted here")

type staleKey struct{}

// stale is what a context says about older answers that stand in for a failure.
type stale struct {
	noter   StaleNoter
	refused bool
	anew    bool
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
	s := staleOf(ctx)
	s.noter = noter
	return context.WithValue(ctx, staleKey{}, &s)
}

// WithStaleNote is [WithStaleNoter] of a function.
func WithStaleNote(ctx context.Context, note StaleNote) context.Context {
	return WithStaleNoter(ctx, note)
}

// WithoutStale returns a context below which an older answer is no answer.
func WithoutStale(ctx context.Context) context.Context {
	s := staleOf(ctx)
	s.refused = true
	return context.WithValue(ctx, staleKey{}, &s)
}

// Anew returns a context below which only what the service says now is an answer: nothing that was kept, however fresh, and nothing that
// somebody else asked for before.
func Anew(ctx context.Context) context.Context {
	s := staleOf(ctx)
	s.refused, s.anew = true, true
	return context.WithValue(ctx, staleKey{}, &s)
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
