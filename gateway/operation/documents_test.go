package operation

import (
	"fmt"
	"strings"
	"testing"

	"tiffin/gateway/answer"
	"tiffin/gateway/internal/gqltest"
	"tiffin/gateway/operation/limits"
)

// wide is a schema in which documents of any form are valid.
const wide = `
directive @cost(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
directive @note(text: String) repeatable on FIELD | QUERY | FRAGMENT_SPREAD | INLINE_FRAGMENT | FRAGMENT_DEFINITION | VARIABLE_DEFINITION
interface Thing { id: ID t: Thing n: Int }
type Query implements Thing {
  id: ID
  t: Thing
  a: A
  b: B
  n: Int
  say(text: String, any: Any, list: [Int], lists: [[Int]], pick: Pick, picks: [Pick!], holder: Holder): String
  page(first: Int, last: Int): [A] @listSize(slicingArguments: ["first", "last"])
  pages(first: Int = 10): Pages @listSize(slicingArguments: ["first"], sizedFields: ["items"], requireOneSlicingArgument: false)
}
scalar Any
type Pages { items: [A] }
type A implements Thing { id: ID t: Thing a: A b: B n: Int x: String q: Query say(text: String): String }
type B implements Thing { id: ID t: Thing a: A b: B n: Int x: Int q: Query }
input Pick @oneOf { one: Int two: String pick: Pick list: [Int] }
input Holder { pick: Pick picks: [Pick] }
`

func wideSchema() *gqltest.Schema { return &gqltest.Schema{Source: wide} }

// times writes a pattern once per number.
func times(n int, pattern string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(pattern, "#", fmt.Sprint(i)))
	}
	return b.String()
}

// nest puts n of open and shut round the middle.
func nest(n int, open, middle, shut string) string {
	return strings.Repeat(open, n) + middle + strings.Repeat(shut, n)
}

// numbers is a list of n.
func numbers(n int) []any {
	items := make([]any, n)
	for i := range items {
		items[i] = int64(i)
	}
	return items
}

// deep is a value of so many lists.
func deep(n int) any {
	var v any = int64(1)
	for range n {
		v = []any{v}
	}
	return v
}

// limitCase is a request whose size is n, and the limit that bounds it.
type limitCase struct {
	code    string
	allowed int
	request func(n int) Params
}

func document(text func(n int) string) func(n int) Params {
	return func(n int) Params { return Params{Query: text(n)} }
}

func limitCases() map[string]limitCase {
	return map[string]limitCase{
		"tokens":     {"MAX_TOKENS", 4000, document(func(n int) string { return "{n}" + strings.Repeat("#\n", n-3) })},
		"operations": {"MAX_OPERATIONS", 10, func(n int) Params { return Params{Query: times(n, "query q#{n}"), OperationName: "q0"} }},
		"depth":      {"MAX_DEPTH", 12, document(func(n int) string { return "{" + nest(n-1, "a{", "n", "}") + "}" })},
		"depth by fragments": {"MAX_DEPTH", 12, document(func(n int) string {
			return "{a{...F0}}" + times(n-2, "fragment F# on A{a{...G#}}") + chain(n-2)
		})},
		"introspection": {"MAX_DEPTH", 20, document(func(n int) string {
			return "{__schema{types{" + nest(n-3, "ofType{", "name", "}") + "}}}"
		})},
		"aliases":            {"MAX_ALIASES", 30, document(func(n int) string { return "{a{" + times(n, "x#:n ") + "}}" })},
		"length of an alias": {"MAX_ALIAS_LENGTH", 64, document(func(n int) string { return "{a{...F}} fragment F on A{" + strings.Repeat("x", n) + ":n}" })},
		"aliases by fragments": {"MAX_ALIASES", 30, document(func(n int) string {
			return "{a{...F}b{...F}t{x0:n" + times(n-20-1, " x#1:n") + "}}fragment F on Thing{" + times(10, "x#:n ") + "}"
		})},
		"root fields": {"MAX_ROOT_FIELDS", 10, document(func(n int) string { return "{...{" + times(n-1, "n ") + "}...F}fragment F on Query{n}" })},
		"fields": {"MAX_FIELDS", 200, document(func(n int) string {
			return "{a{" + times(n-50, "n ") + "...{...F}}}fragment F on A{" + times(50, "n ") + "}"
		})},
		"directives": {"MAX_DIRECTIVES", 20, document(func(n int) string { return "{n" + times(n, " @note") + "}" })},
		"directives by fragments": {"MAX_DIRECTIVES", 20, document(func(n int) string {
			return "query($v:Int @note)@note" + times(n%2, "@note") + "{say(list:[$v])a{...F@note}b{...F@note}...@note{n@note}}" +
				"fragment F on Thing@note{n" + times((n-8)/2, "@note") + "}"
		})},
		"fragments": {"MAX_FRAGMENTS", 100, document(func(n int) string {
			return "{a{" + times(n, "...F# ") + "}}" + times(n, "fragment F# on A{__typename}")
		})},
		"fragment depth": {"MAX_FRAGMENT_DEPTH", 10, document(func(n int) string { return "{" + nest(n-1, "...{", "...F", "}") + "}fragment F on Query{n}" })},
		"expansion": {"MAX_EXPANSION", 5000, document(func(n int) string {
			return "{" + times(5, "a{...F}") + times(n-5000, "n ") + "}fragment F on A{" + times(9, "b{...G}") + "}fragment G on B{" + times(110, "n ") + "}"
		})},
		"variables": {"MAX_VARIABLES", 128 << 10, func(n int) Params {
			return Params{Query: "query($v:String){say(text:$v)}", Variables: map[string]any{"v": strings.Repeat("x", n-3-4-3)}}
		}},
		"unused variables": {"MAX_VARIABLES", 128 << 10, func(n int) Params {
			return Params{Query: "{n}", Variables: map[string]any{strings.Repeat("x", n-3-3-8): nil}}
		}},
		"value depth": {"MAX_VALUE_DEPTH", 12, func(n int) Params {
			return Params{Query: "query($v:Any){say(any:$v)}", Variables: map[string]any{"v": deep(n)}}
		}},
		"value depth, document": {"MAX_VALUE_DEPTH", 12, document(func(n int) string { return "{say(any:" + nest(n, "[", "1", "]") + ")}" })},
		"value depth, default":  {"MAX_VALUE_DEPTH", 12, document(func(n int) string { return "query($v:Any=" + nest(n, "[", "1", "]") + "){say(any:$v)}" })},
		"value depth, mixed":    {"MAX_VALUE_DEPTH", 12, document(func(n int) string { return "{say(any:" + nest(n/2, "[{a:", nest(n%2, "[", "1", "]"), "}]") + ")}" })},
		"list": {"MAX_LIST_LENGTH", 100, func(n int) Params {
			return Params{Query: "query($v:[Int]){say(list:$v)}", Variables: map[string]any{"v": numbers(n)}}
		}},
		"list, document":  {"MAX_LIST_LENGTH", 100, document(func(n int) string { return "{say(list:[" + times(n, "# ") + "])}" })},
		"list, directive": {"MAX_LIST_LENGTH", 100, document(func(n int) string { return "{n say(any:{a:[" + times(n, "# ") + "]})}" })},
		"page":            {"MAX_PAGE_SIZE", 100, document(func(n int) string { return fmt.Sprintf("{page(first:%d){n}}", n) })},
		"page, last":      {"MAX_PAGE_SIZE", 100, document(func(n int) string { return fmt.Sprintf("{a{q{page(last:%d){n}}}}", n) })},
		"page, default":   {"MAX_PAGE_SIZE", 100, document(func(n int) string { return fmt.Sprintf("query($v:Int=%d){page(first:$v){n}}", n) })},
		"page, variable":  {"MAX_PAGE_SIZE", 100, func(n int) Params { return pageBy(int64(n)) }},
		"page, float":     {"MAX_PAGE_SIZE", 100, func(n int) Params { return pageBy(float64(n)) }},
	}
}

func pageBy(v any) Params {
	return Params{Query: "query($v:Int){pages(first:$v){items{n}}}", Variables: map[string]any{"v": v}}
}

// Each limit lets through what is as large as it allows, refuses what is larger by one, under its own code, saying both, and where it
// is only measured lets that through too and tells of it.
func TestLimits(t *testing.T) {
	for name, c := range limitCases() {
		t.Run(name, func(t *testing.T) {
			roomy := Config{Introspection: true, Cost: CostConfig{Budget: 1 << 30}}
			enforced := newPipelineOf(t, roomy, wideSchema())
			if _, errs := enforced.Prepare(t.Context(), c.request(c.allowed)); errs != nil {
				t.Fatalf("%d: %v", c.allowed, errs)
			}
			_, errs := enforced.Prepare(t.Context(), c.request(c.allowed+1))
			if len(errs) != 1 || string(answer.Code(errs[0])) != c.code {
				t.Fatalf("%d: %v", c.allowed+1, errs)
			}
			for _, n := range []int{c.allowed, c.allowed + 1} {
				if !strings.Contains(errs[0].Message, fmt.Sprint(n)) {
					t.Errorf("%d is not in %q", n, errs[0].Message)
				}
			}
			var told []limits.Exceeded
			measured := roomy
			measured.Limits = measureAll()
			p := newPipelineOf(t, measured, wideSchema(), func(e limits.Exceeded) { told = append(told, e) })
			for range 2 { // also when it is remembered
				if _, errs := p.Prepare(t.Context(), c.request(c.allowed+1)); errs != nil {
					t.Fatalf("measured: %v", errs)
				}
			}
			want := limits.Exceeded{Code: told[0].Code, What: told[0].What, Found: c.allowed + 1, Allowed: c.allowed, Mode: limits.Measure}
			if len(told) != 2 || string(told[0].Code) != c.code || told[0] != want || told[1] != want {
				t.Errorf("told %+v, want %+v twice", told, want)
			}
		})
	}
}

// chain ties F0 to F1 to … by G0, G1, …; the last has a field.
func chain(n int) string {
	var b strings.Builder
	for i := range n {
		if i == n-1 {
			fmt.Fprintf(&b, "fragment G%d on A{n}", i)
		} else {
			fmt.Fprintf(&b, "fragment G%d on A{...F%d}", i, i+1)
		}
	}
	return b.String()
}

func measureAll() limits.Config {
	m := limits.Limit{Mode: limits.Measure}
	return limits.Config{
		Tokens: m, Operations: m, Depth: m, IntrospectionDepth: m, Aliases: m, AliasLength: m, RootFields: m, Fields: m, Directives: m, Fragments: m,
		FragmentDepth: m, Expansion: m, Comparisons: m, VariablesBytes: m, ValueDepth: m, ListLength: m, PageSize: m,
	}
}

// Fragments that run in circles are refused as such, before anything follows them.
func TestCycles(t *testing.T) {
	p := newPipelineOf(t, Config{}, wideSchema())
	for _, document := range []string{
		"{a{...F}}fragment F on A{...F}",
		"{a{...F}}fragment F on A{a{...G}}fragment G on A{a{...F}}",
	} {
		_, errs := p.Prepare(t.Context(), Params{Query: document})
		if len(errs) != 1 || errs[0].Message != `Cannot spread fragment "F" within itself.` || len(errs[0].Locations) != 1 {
			t.Errorf("%s: %v", document, errs)
		}
	}
}

// Combinations of like-named fields end at the limit of comparisons; where it is only measured, at ten times that.
func TestComparisons(t *testing.T) {
	roomy := Config{}
	roomy.Limits.Comparisons = limits.Limit{Max: 1000}
	document := Params{Query: "{t{" + kinds(9) + "}}"}
	if got := refusal(t, newPipelineOf(t, roomy, wideSchema()), document); got != "MAX_COMPARISONS" {
		t.Errorf("enforced: %q", got)
	}
	roomy.Limits.Comparisons.Mode = limits.Measure
	var told []limits.Exceeded
	p := newPipelineOf(t, roomy, wideSchema(), func(e limits.Exceeded) { told = append(told, e) })
	if got := refusal(t, p, document); got != "" || len(told) != 1 || told[0].Code != "MAX_COMPARISONS" || told[0].Found <= 1000 {
		t.Errorf("measured: %q %+v", got, told)
	}
	roomy.Limits.Comparisons.Max = 100
	if got := refusal(t, newPipelineOf(t, roomy, wideSchema()), document); got != "MAX_COMPARISONS" {
		t.Errorf("measured, more than ten times: %q", got)
	}
}
