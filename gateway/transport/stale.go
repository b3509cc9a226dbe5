package transport

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/fault"
)

// maxStale bounds how many fields extensions.stale names.
const maxStale = 10

// staleField is an entry of extensions.stale: a field whose value is older than it should be, because its service failed.
type staleField struct {
	Path ast.Path `json:"path"`
	// AgeMs is how old the value is, in milliseconds.
	AgeMs int64 `json:"ageMs"`
}

// staleFields gathers them while an operation is executed.
type staleFields struct {
	mu     sync.Mutex
	fields []staleField
}

// withStale returns a context whose operation notes them.
func withStale(ctx context.Context) (context.Context, *staleFields) {
	s := &staleFields{}
	return fault.WithStaleNote(ctx, s.note), s
}

func (s *staleFields) note(ctx context.Context, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fields) < maxStale {
		s.fields = append(s.fields, staleField{Path: graphql.GetPath(ctx), AgeMs: age.Milliseconds()})
	}
}

// addTo says in the response which fields are stale.
func (s *staleFields) addTo(resp *graphql.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fields) == 0 {
		return
	}
	if resp.Extensions == nil {
		resp.Extensions = map[string]any{}
	}
	resp.Extensions["stale"] = s.fields
}
