package required_test

import (
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/gateway/operation/required"
)

const source = `
directive @upstream(service: String!, fallback: Fallback! = NULL) on FIELD_DEFINITION
enum Fallback { NULL STALE ERROR }
type Query { orders: [Order!] sure: [Order!]! order: Order thing: Thing must: Order @upstream(service: "orders", fallback: ERROR) }
interface Thing { id: ID }
type Order implements Thing {
	id: ID
	null: Payment @upstream(service: "payments")
	stale: Payment @upstream(service: "payments", fallback: STALE)
	payment: Payment @upstream(service: "payments", fallback: ERROR)
	payments: [Payment] @upstream(service: "payments", fallback: ERROR)
	lines: [Line]
}
type Line { item: Item @upstream(service: "inventory", fallback: ERROR) }
type Item implements Thing { id: ID stock: Int @upstream(service: "inventory", fallback: ERROR) }
type Payment { status: String! }
`

func path(steps ...any) ast.Path {
	var p ast.Path
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			p = append(p, ast.PathName(step))
		case int:
			p = append(p, ast.PathIndex(step))
		}
	}
	return p
}

func TestEnforce(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: source})
	for name, test := range map[string]struct {
		query, data string
		errors      []ast.Path
		want        string
	}{
		"no error":            {`{order{id payment{status}}}`, `{"order":{"id":"1","payment":null}}`, nil, `{"order":{"id":"1","payment":null}}`},
		"its error":           {`{order{id payment{status}}}`, `{"order":{"id":"1","payment":null}}`, []ast.Path{path("order", "payment")}, `{"order":null}`},
		"null has no force":   {`{order{id null{status}}}`, `{"order":{"id":"1","null":null}}`, []ast.Path{path("order", "null")}, `{"order":{"id":"1","null":null}}`},
		"stale has no force":  {`{order{id stale{status}}}`, `{"order":{"id":"1","stale":null}}`, []ast.Path{path("order", "stale")}, `{"order":{"id":"1","stale":null}}`},
		"another's error":     {`{order{id null{status} payment{status}}}`, `{"order":{"id":"1","null":null,"payment":null}}`, []ast.Path{path("order", "null")}, `{"order":{"id":"1","null":null,"payment":null}}`},
		"an error below":      {`{order{id payment{status}}}`, `{"order":{"id":"1","payment":null}}`, []ast.Path{path("order", "payment", "status")}, `{"order":null}`},
		"below, and harmless": {`{order{id payments{status}}}`, `{"order":{"payments":[null,{"status":"x"}]}}`, []ast.Path{path("order", "payments", 0, "status")}, `{"order":{"payments":[null,{"status":"x"}]}}`},
		"an alias":            {`{o:order{id p:payment{status}}}`, `{"o":{"id":"1","p":null}}`, []ast.Path{path("o", "p")}, `{"o":null}`},
		"in a fragment":       {`{order{id ...f}} fragment f on Order{payment{status}}`, `{"order":{"id":"1","payment":null}}`, []ast.Path{path("order", "payment")}, `{"order":null}`},
		"of one type": {
			`{thing{id ... on Item{stock} ... on Order{payment{status}}}}`, `{"thing":{"id":"1","stock":null}}`, []ast.Path{path("thing", "stock")}, `{"thing":null}`,
		},
		"an entry of a list that may be null": {
			`{order{lines{item{id}}}}`, `{"order":{"lines":[{"item":null},{"item":{"id":"2"}}]}}`, []ast.Path{path("order", "lines", 0, "item")}, `{"order":{"lines":[null,{"item":{"id":"2"}}]}}`,
		},
		"an entry that may not": {
			`{orders{payment{status}} order{id}}`, `{"orders":[{"payment":{"status":"x"}},{"payment":null}],"order":{"id":"1"}}`, []ast.Path{path("orders", 1, "payment")}, `{"orders":null,"order":{"id":"1"}}`,
		},
		"all the way up":    {`{sure{payment{status}} order{id}}`, `{"sure":[{"payment":null}],"order":{"id":"1"}}`, []ast.Path{path("sure", 0, "payment")}, `null`},
		"at the root":       {`{must{id} order{id}}`, `{"must":null,"order":{"id":"1"}}`, []ast.Path{path("must")}, `null`},
		"one takes another": {`{order{lines{item{id stock}}}}`, `{"order":{"lines":[{"item":{"id":"1","stock":null}}]}}`, []ast.Path{path("order", "lines", 0, "item", "stock")}, `{"order":{"lines":[null]}}`},
		"many": {
			`{order{lines{item{id}}}}`, `{"order":{"lines":[{"item":null},{"item":null}]}}`,
			[]ast.Path{path("order", "lines", 1, "item"), path("order", "lines", 0, "item"), path("order", "lines", 0, "item", "id")},
			`{"order":{"lines":[null,null]}}`,
		},
		"names and numbers stay": {
			`{order{id a_1:id payment{status}} o2:order{id}}`, `{"order":{"id":"1","a_1":"1","payment":null},"o2":{"id":"é\u0000 1e400"}}`, []ast.Path{path("order", "payment")}, `{"order":null,"o2":{"id":"é\u0000 1e400"}}`,
		},
		"paths that lead nowhere": {
			`{order{payment{status}}}`, `{"order":{"payment":{"status":"x"}}}`, []ast.Path{nil, path("gone"), path("order", 3), path("order", "payment"), path("order", "payment", "status", "more")}, `{"order":{"payment":{"status":"x"}}}`,
		},
		"no JSON": {`{order{payment{status}}}`, `{"order":`, []ast.Path{path("order", "payment")}, `{"order":`},
		"no data": {`{order{payment{status}}}`, `null`, []ast.Path{path("order", "payment")}, `null`},
	} {
		t.Run(name, func(t *testing.T) {
			doc, errs := gqlparser.LoadQueryWithRules(schema, test.query, nil)
			if errs != nil {
				t.Fatal(errs)
			}
			resp := &graphql.Response{Data: []byte(test.data)}
			for _, at := range test.errors {
				resp.Errors = append(resp.Errors, &gqlerror.Error{Message: "down", Path: at})
			}
			required.New(schema).Enforce(doc.Operations[0], resp)
			if got := string(resp.Data); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
