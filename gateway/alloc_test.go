package gateway_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/gateway"
	"tiffin/gateway/internal/gqltest"
	"tiffin/identity"
)

// maxAllocations is what a request of a remembered document may take before it is executed, from its first byte on, with all that the chain
// does: identifiers, spans, limits. Package operation has a gate of its own, for the part between the body and the execution.
const maxAllocations = 30

// stopwatch is a schema whose execution notes how many allocations there were before it, and does nothing.
type stopwatch struct {
	graphql.ExecutableSchema

	begun uint64
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// Exec implements graphql.ExecutableSchema.
func (s *stopwatch) Exec(context.Context) graphql.ResponseHandler {
	s.begun = mallocs()
	return graphql.OneShot(&graphql.Response{Data: []byte("{}")})
}

// silence takes an answer.
type silence struct{ header http.Header }

func (s *silence) Header() http.Header         { return s.header }
func (s *silence) Write(p []byte) (int, error) { return len(p), nil }
func (*silence) WriteHeader(int)               {}

func pageRequest(tb testing.TB) (body string) {
	tb.Helper()
	text, err := os.ReadFile("../web/examples/order-page.graphql")
	if err != nil {
		tb.Fatal(err)
	}
	return `{"query":` + encode(string(text)) + `,"operationName":"OrderPage","variables":{}}`
}

func storefront(tb testing.TB) *gqltest.Schema {
	tb.Helper()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		tb.Fatal(err)
	}
	return &gqltest.Schema{Source: string(text)}
}

// The whole way of an order page, whose document is remembered, up to its execution: chain, body, document, variables, cost, gates.
func TestPipelineAllocates(t *testing.T) {
	s := &stopwatch{ExecutableSchema: storefront(t)}
	g, err := gateway.New(gateway.Config{}, gateway.Deps{Schema: s, Logger: newLogger(io.Discard)})
	if err != nil {
		t.Fatal(err)
	}
	body := pageRequest(t)
	// Who asks is known without a credential here: verifying one is measured by itself.
	ctx := identity.WithPrincipal(t.Context(), &identity.Principal{Issuer: "i", Subject: "s"})
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", http.NoBody)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	w := &silence{header: http.Header{}}
	var least uint64 = 1 << 62
	for range 50 { // the least: others may allocate meanwhile
		clear(w.header)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		before := mallocs()
		g.ServeHTTP(w, r)
		if s.begun < before {
			t.Fatal("not executed")
		}
		least = min(least, s.begun-before)
	}
	t.Logf("%d allocations", least)
	if least > maxAllocations+raceAllocations {
		t.Errorf("%d allocations before execution, %d are allowed", least, maxAllocations)
	}
}
