package operation

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"tiffin/gateway/operation/validation"
	"tiffin/internal/testkit"
)

// k is how many times its limit a request's work may come to, whatever it is.
const k = 3

// No request costs more work than a few times its limits: tokens that are read, nodes that are measured, steps that are compared.
func TestHostileWorkIsBoundedInFull(t *testing.T) {
	testkit.InFull(t)
	p := newPipelineOf(t, Config{Introspection: true}, wideSchema())
	l := p.documents.limits
	for name, params := range hostile() {
		tokens := p.documents.tokens(params.Query)
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: params.Query}, l.Tokens.Max)
		nodes, comparisons := 0, 0
		if err == nil {
			report := l.Document(doc)
			nodes = report.Nodes
			if report.Cycle == nil && len(report.Exceeded) == 0 {
				comparisons = validation.New(p.schema, false).Validate(doc, l.Comparisons.Ceiling()).Comparisons
			}
		}
		t.Logf("%-26s %5d tokens, %5d nodes, %6d comparisons", name, tokens, nodes, comparisons)
		if tokens > k*l.Tokens.Max || nodes > k*l.Tokens.Max || comparisons > k*l.Comparisons.Max {
			t.Errorf("%s: %d tokens and %d nodes for a limit of %d, %d comparisons for one of %d",
				name, tokens, nodes, l.Tokens.Max, comparisons, l.Comparisons.Max)
		}
	}
}
