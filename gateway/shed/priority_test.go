package shed

import (
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func TestPriorityOfOperations(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { a: Int urgent: Int } type Mutation { place: Int other: Int }`})
	cfg := Config{Critical: []string{"Mutation.place", "Query.urgent"}}
	if problems := cfg.ValidateFor(schema); len(problems) != 0 {
		t.Fatal(problems)
	}
	priorities := NewPriorities(cfg)
	for document, want := range map[string]Priority{
		"{a}": Query, "{__typename}": Query, "{a urgent}": Critical, "{place: a}": Query,
		"mutation{other}": Mutation, "mutation{other x: place}": Critical, "mutation{... on Mutation{...F}} fragment F on Mutation{place}": Critical,
		"{__schema{description}}": Introspection, "{urgent __schema{description}}": Introspection, "{__type(name:\"Query\"){name} urgent}": Introspection,
		"{...F urgent} fragment F on Query{__schema{description}}": Introspection,
	} {
		doc, err := gqlparser.LoadQueryWithRules(schema, document, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := priorities.Of(&graphql.OperationContext{Operation: doc.Operations[0]}); got != want {
			t.Errorf("%s: %d, want %d", document, got, want)
		}
	}
	for _, wrong := range []string{"place", "Mutation.nothing", "Order.place", ""} {
		if problems := (Config{Critical: []string{wrong}}).ValidateFor(schema); len(problems) != 1 {
			t.Errorf("%q: %v", wrong, problems)
		}
	}
}
