package transport

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
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
	oldest time.Duration
}

// NoteStale implements fault.StaleNoter.
func (s *staleFields) NoteStale(ctx context.Context, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oldest = max(s.oldest, age)
	if len(s.fields) < maxStale {
		s.fields = append(s.fields, staleField{Path: graphql.GetPath(ctx), AgeMs: age.Milliseconds()})
	}
}

func (s *staleFields) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.fields)
}

// addTo says in the response which fields are stale, and in its header how old the oldest is (RFC 9111 section 5.1): who keeps the whole
// response must not take it for new.
func (s *staleFields) addTo(resp *graphql.Response, header http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fields) == 0 {
		return
	}
	if resp.Extensions == nil {
		resp.Extensions = map[string]any{}
	}
	resp.Extensions["stale"] = s.fields
	header.Set("Age", strconv.FormatInt(int64(s.oldest/time.Second), 10))
}
