package validation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"pgregory.net/rapid"
)

const schemaText = `
interface Thing { id: ID same: Int t: Thing list: [Thing] arg(x: Int, o: In): Int }
type A implements Thing { id: ID same: Int t: Thing list: [Thing] arg(x: Int, o: In): Int x: Int leaf: String! deep: A u: U other: ID }
type B implements Thing { id: ID same: Int t: Thing list: [Thing] arg(x: Int, o: In): Int x: Int! leaf: Int! deep: B u: U other: Int }
type C implements Thing { id: ID same: Int t: Thing list: [Thing] arg(x: Int, o: In): Int x: [Int] leaf: String deep: C u: U other: ID! }
union U = A | B | C
input In { a: Int b: [Int] any: Any }
scalar Any
input Pick @oneOf { one: Int pick: Pick picks: [Pick] }
input Holder { pick: Pick picks: [[Pick]] }
type Query { t: Thing u: U a: A b: B same: Int arg(x: Int, o: In): Int pick(p: Pick, h: Holder, l: [Pick]): Int }
`

func load() *ast.Schema { return gqlparser.MustLoadSchema(&ast.Source{Input: schemaText}) }

func parse(t interface{ Fatalf(string, ...any) }, text string) *ast.QueryDocument {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

func TestOverlap(t *testing.T) {
	v := New(load(), false)
	for _, c := range []struct{ document, want string }{
		{`{same same}`, ""},
		{`{x:same x:same}`, ""},
		{`{same same:arg}`, `Fields "same" conflict because "same" and "arg" are different fields.`},
		{`{arg(x:1) arg(x:2)}`, `Fields "arg" conflict because they have differing arguments.`},
		{`{arg(x:1) arg}`, `differing arguments`},
		{`{arg(x:1) arg(o:{a:1})}`, `differing arguments`},
		{`{arg(x:1 o:{a:1 b:[1]}) arg(o:{b:[1] a:1} x:1)}`, ""},
		{`{arg(o:{b:[1 2]}) arg(o:{b:[2 1]})}`, `differing arguments`},
		{`{arg(o:{any:{p:1 q:2}}) arg(o:{any:{q:2 p:1}})}`, ""},
		{`query($v:Int){arg(x:$v) arg(x:$v)}`, ""},
		{`query($v:Int $w:Int){arg(x:$v) arg(x:$w)}`, `differing arguments`},
		{`{a{id} a{id:other}}`, `Fields "a.id" conflict because "id" and "other" are different fields.`},
		{`{a{...F}a{...G}}fragment F on A{deep{id}}fragment G on A{deep{id:other}}`, `Fields "a.deep.id" conflict`},
		{`{t{...on A{y:id}...on B{y:other}}}`, `they return conflicting types "ID" and "Int"`},
		{`{t{...on A{x}...on B{x}}}`, `conflicting types "Int" and "Int!"`},
		{`{t{...on A{x}...on C{x}}}`, `conflicting types "Int" and "[Int]"`},
		{`{t{...on A{y:x}...on B{y:same}}}`, ""},
		{`{t{...on A{arg(x:1)}...on B{arg(x:2)}}}`, ""},
		{`{t{...on A{arg(x:1)}arg(x:2)}}`, `differing arguments`},
		{`{t{arg(x:2)...on A{arg(x:2)}...on B{arg(x:1)}}}`, `differing arguments`},
		{`{t{...on A{deep{y:id}}...on B{deep{y:same}}}}`, `Fields "t.deep.y" conflict because they return conflicting types "ID" and "Int"`},
		{`{t{...on A{t{same}}...on B{t{same:id}}}}`, `Fields "t.t.same" conflict because they return conflicting types`},
		{`{t{...on A{t{z:same}}...on B{t{z:arg}}}}`, ""},
		{`{t{t{z:same}...on A{t{z:same}}...on B{t{z:arg}}}}`, `"arg" and "same" are different fields`},
		{`{t{list{id}...on A{list:t{id}}}}`, `"list" and "t" are different fields`},
		{`{u{...on A{v:leaf}...on C{v:leaf}}}`, `conflicting types "String!" and "String"`},
		{`query X{same} query Y{same same:arg}`, `"same" and "arg"`},
	} {
		result := v.Validate(parse(t, c.document), 1000)
		text := ""
		for _, e := range result.Errors {
			text += e.Message
		}
		if c.want == "" && text != "" || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, want %q", c.document, text, c.want)
		}
	}
}

// The rule agrees with gqlparser's, which compares all pairs, about random documents.
func TestOverlapAgreesWithPairs(t *testing.T) {
	schema := load()
	v := New(schema, false)
	pairs := rules.NewRules(rules.OverlappingFieldsCanBeMergedRule)
	conflicts, fine := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		text := randomDocument(t)
		doc := parse(t, text)
		if len(v.byRules(doc)) > 0 {
			t.Fatalf("not valid otherwise: %s: %v", text, v.byRules(doc))
		}
		want := len(validator.ValidateWithRules(schema, parse(t, text), pairs)) > 0
		got := len(v.Validate(doc, 1<<20).Errors) > 0
		if got != want {
			t.Fatalf("conflict %v, gqlparser says %v: %s", got, want, text)
		}
		if want {
			conflicts++
		} else {
			fine++
		}
	})
	if conflicts == 0 || fine == 0 {
		t.Errorf("%d documents conflict, %d do not", conflicts, fine)
	}
}

// randomDocument is valid but for fields that overlap; every fragment is used.
func randomDocument(t *rapid.T) string {
	g := &generator{T: t}
	text := "{t{" + g.set("Thing", 3) + "}a{" + g.set("A", 2) + "}t{" + g.set("Thing", 2) + "}u{" + g.set("U", 3) + "}}"
	for n := 0; n < len(g.used); n++ { //nolint:intrange // a fragment uses further ones, of later numbers
		text += fmt.Sprintf("fragment F%d on %s{%s}", n, g.used[n], g.set(g.used[n], 1))
	}
	return text
}

type generator struct {
	*rapid.T

	used []string
}

func (g *generator) set(of string, depth int) string {
	text := "__typename "
	for range rapid.IntRange(0, 3).Draw(g.T, "selections") {
		text += g.selection(of, depth) + " "
	}
	return text
}

func (g *generator) selection(of string, depth int) string {
	alias := rapid.SampledFrom([]string{"", "p:", "q:"}).Draw(g.T, "alias")
	switch kind := rapid.IntRange(0, 5).Draw(g.T, "kind"); {
	case kind == 0 && len(g.used) < 6:
		to := rapid.SampledFrom([]string{"Thing", "A", "B", "U"}).Draw(g.T, "on")
		if of == "A" || of == "B" || of == "C" {
			to = of
		}
		g.used = append(g.used, to)
		return fmt.Sprintf("...F%d", len(g.used)-1)
	case kind == 1 && depth > 0 && (of == "Thing" || of == "U"):
		to := rapid.SampledFrom([]string{"A", "B", "C", "Thing"}).Draw(g.T, "on")
		return "...on " + to + "{" + g.set(to, depth-1) + "}"
	case of == "U":
		return alias + "__typename"
	case kind < 4 && depth > 0:
		field := rapid.SampledFrom([]string{"t", "list"}).Draw(g.T, "field")
		to := "Thing"
		if of != "Thing" && rapid.Bool().Draw(g.T, "own") {
			field, to = "deep", of
		}
		return alias + field + "{" + g.set(to, depth-1) + "}"
	case kind == 4:
		return alias + rapid.SampledFrom([]string{"arg", "arg(x:1)", "arg(x:2)"}).Draw(g.T, "arguments")
	case of != "Thing":
		return alias + rapid.SampledFrom([]string{"x", "leaf", "other", "id", "same"}).Draw(g.T, "leaf")
	default:
		return alias + rapid.SampledFrom([]string{"id", "same"}).Draw(g.T, "leaf")
	}
}

// Comparing takes a few steps per field however often a field is repeated, and where combinations multiply it ends at the bound.
func TestComparisonsAreBounded(t *testing.T) {
	v := New(load(), false)
	for _, n := range []int{10, 100, 1000, 4000} {
		for name, text := range map[string]string{
			"one set":       "{t{" + strings.Repeat("same ", n) + "}}",
			"many sets":     "{" + strings.Repeat("t{same}", n) + "}",
			"deep sets":     "{" + strings.Repeat("t{t{t{same}}}", n) + "}",
			"with objects":  "{" + strings.Repeat("t{...on A{same}same}", n) + "}",
			"own arguments": "{" + strings.Repeat("arg(o:{a:1 b:[1 2 3]})", n) + "}",
		} {
			result := v.Validate(parse(t, text), 1<<30)
			if tokens := countTokens(t, text); result.Comparisons > 2*tokens {
				t.Errorf("%s of %d: %d comparisons of %d tokens", name, n, result.Comparisons, tokens)
			}
			if len(result.Errors) > 0 {
				t.Errorf("%s: %v", name, result.Errors)
			}
		}
	}
	combinations := "same"
	for range 14 {
		combinations = "t{" + combinations + "}...on A{t{same}}...on B{t{same}}...on C{t{same}}"
	}
	result := v.Validate(parse(t, "{t{"+combinations+"}}"), 20_000)
	if result.Comparisons <= 20_000 || result.Comparisons > 20_000+100 {
		t.Errorf("%d comparisons, want them to end soon after 20000", result.Comparisons)
	}
}

func countTokens(t *testing.T, text string) int {
	t.Helper()
	lex := lexer.New(&ast.Source{Input: text})
	for n := 0; ; n++ {
		token, err := lex.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		if token.Kind == lexer.EOF {
			return n
		}
	}
}
