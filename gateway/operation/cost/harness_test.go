package cost

import (
	"encoding/json"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/gateway/operation/variables"
)

const directives = `
directive @cost(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
`

// world is a schema with its model. A list without @listSize counts as three.
type world struct {
	t      *testing.T
	schema *ast.Schema
	model  *Model
}

func newWorld(t *testing.T, text string) *world {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: directives + text})
	model, problems := New(schema, 3)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return &world{t, schema, model}
}

// compile compiles the first operation of a document, and coerces variables, given as JSON.
func (w *world) compile(document, given string) (*Function, map[string]any) {
	w.t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(w.schema, document, nil)
	if errs != nil {
		w.t.Fatal(document, errs)
	}
	raw := map[string]any{}
	if given != "" {
		if err := json.Unmarshal([]byte(given), &raw); err != nil {
			w.t.Fatal(err)
		}
	}
	values, wrong := variables.Coerce(w.schema, doc.Operations[0], raw)
	if wrong != nil {
		w.t.Fatal(wrong)
	}
	return w.model.Compile(doc.Operations[0], true), values
}

func (w *world) estimate(document, variables string) Estimate {
	w.t.Helper()
	f, values := w.compile(document, variables)
	return f.Estimate(values)
}

func (w *world) actual(document, variables, data string) Cost {
	w.t.Helper()
	f, values := w.compile(document, variables)
	cost, ok := f.Actual(values, []byte(data))
	if !ok {
		w.t.Fatal("no cost of", data)
	}
	return cost
}
