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
	note    func(ctx context.Context, age time.Duration)
	refused bool
}

// WithStaleNote returns a context below which note is told of each answer that is older than it should be because its service failed, with
// the context that it was asked in. Only the innermost note is told.
func WithStaleNote(ctx context.Context, note func(ctx context.Context, age time.Duration)) context.Context {
	s, _ := ctx.Value(staleKey{}).(stale)
	s.note = note
	return context.WithValue(ctx, staleKey{}, s)
}

// WithoutStale returns a context below which an older answer is no answer.
func WithoutStale(ctx context.Context) context.Context {
	s, _ := ctx.Value(staleKey{}).(stale)
	s.refused = true
	return context.WithValue(ctx, staleKey{}, s)
}

// StaleRefused reports whether ctx is below a [WithoutStale]: whoever could answer with something old must ask anew, and fail if that fails.
func StaleRefused(ctx context.Context) bool {
	s, _ := ctx.Value(staleKey{}).(stale)
	return s.refused
}

// Stale is called by whoever has an answer that is age old in place of a failure. It reports whether the answer may be used, and has told
// the context's note if so.
func Stale(ctx context.Context, age time.Duration) bool {
	s, _ := ctx.Value(staleKey{}).(stale)
	if s.refused {
		return false
	}
	if s.note != nil {
		s.note(ctx, age)
	}
	return true
}
