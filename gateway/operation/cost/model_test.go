package cost

import (
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// What of the directives makes no sense is said, and counts as not written.
func TestProblemsOfASchema(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: directives + `
		type Item @cost(weight: "much") { id: ID }
		type Page { items: [Item] one: Item }
		type Query {
			a: Item @cost(weight: "NaN")
			b: Item @listSize(assumedSize: 3)
			c(first: String): [Item] @listSize(slicingArguments: ["first", "last"])
			d: Page @listSize(assumedSize: 3, sizedFields: ["items", "one", "none"])
			e(in: Int @cost(weight: "")): [Item] @listSize(slicingArguments: "in")
		}`})
	m, problems := New(schema, 10)
	want := []string{
		"Item: the weight of @cost is no number",
		"Query.a: the weight of @cost is no number",
		"Query.b: @listSize is on a field that is no list and has no sized fields",
		"Query.c: the slicing argument first is no argument of type Int",
		"Query.c: the slicing argument last is no argument of type Int",
		"Query.d: the sized field one is no list of what the field returns",
		"Query.d: the sized field none is no list of what the field returns",
		"Query.e(in:): the weight of @cost is no number",
	}
	if !slices.Equal(problems, want) {
		t.Errorf("%q", problems)
	}
	w := &world{t, schema, m}
	if got := w.estimate("{a{id}c{id}d{items{id}}e(in:2){id}}", ""); got.Cost != (Cost{5, 1 + 1 + 10 + 1 + 3 + 2}) || got.Undecided != "" {
		t.Errorf("%+v", got)
	}
}

// A schema without the directives has the standard weights.
func TestSchemaWithoutDirectives(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Item { id: ID items: [Item] } type Query { item: Item }`})
	m, problems := New(schema, 10)
	w := &world{t, schema, m}
	if got := w.estimate("{item{items{id}}}", "").Cost; len(problems) > 0 || got != (Cost{2, 1 + 1 + 10}) {
		t.Errorf("%+v %v", got, problems)
	}
}
