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
	priorities, variables := NewPriorities(cfg), map[string]any{"yes": true, "no": false}
	for document, want := range map[string]Priority{
		"{a}": Query, "{__typename}": Query, "{a urgent}": Critical, "{place: a}": Query,
		"mutation{other}": Mutation, "mutation{other x: place}": Critical, "mutation{... on Mutation{...F}} fragment F on Mutation{place}": Critical,
		"{__schema{description}}": Introspection, "{urgent __schema{description}}": Introspection, "{__type(name:\"Query\"){name} urgent}": Introspection,
		"{...F urgent} fragment F on Query{__schema{description}}": Introspection,
		"mutation{other place @skip(if: true)}":                    Mutation, "mutation{other place @include(if: false)}": Mutation,
		"mutation($no:Boolean!){other place @include(if: $no)}": Mutation, "mutation($yes:Boolean!){other place @include(if: $yes)}": Critical,
		"mutation($yes:Boolean!){other ...@skip(if: $yes){place}}":                          Mutation,
		"mutation($yes:Boolean!){other ...F @skip(if: $yes)} fragment F on Mutation{place}": Mutation,
		"mutation($no:Boolean!){other ...F @skip(if: $no)} fragment F on Mutation{place}":   Critical,
		"query($yes:Boolean!){urgent ...@skip(if: $yes){__schema{description}}}":            Critical,
		"query($no:Boolean!){a urgent @skip(if: $no) @include(if: $no) }":                   Query,
	} {
		doc, err := gqlparser.LoadQueryWithRules(schema, document, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := priorities.Of(&graphql.OperationContext{Operation: doc.Operations[0], Variables: variables}); got != want {
			t.Errorf("%s: %d, want %d", document, got, want)
		}
	}
	for _, wrong := range []string{"place", "Mutation.nothing", "Order.place", ""} {
		if problems := (Config{Critical: []string{wrong}}).ValidateFor(schema); len(problems) != 1 {
			t.Errorf("%q: %v", wrong, problems)
		}
	}
}
