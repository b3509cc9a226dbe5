package limits

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"pgregory.net/rapid"

	"tiffin/fault"
)

func parse(t interface{ Fatalf(string, ...any) }, text string) *ast.QueryDocument {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

// everything is reported: each limit is as low as it can be.
func lowest() Config {
	var c Config
	for _, e := range entries(&c) {
		*e.Limit = Limit{Max: -1, Mode: Measure}
	}
	return c
}

// found are what a document has, by code; of two with the same code the first is meant.
func found(doc *ast.QueryDocument) map[fault.Code]int {
	counts := map[fault.Code]int{}
	for _, e := range lowest().Document(doc).Exceeded {
		if _, known := counts[e.Code]; !known {
			counts[e.Code] = e.Found
		}
	}
	return counts
}

func TestSizes(t *testing.T) {
	const depth, aliases, roots, fields = fault.MaxDepth, fault.MaxAliases, fault.MaxRootFields, fault.MaxFields
	const all, directives, fragments, nesting = fault.MaxExpansion, fault.MaxDirectives, fault.MaxFragments, fault.MaxFragmentDepth
	for _, c := range []struct {
		document string
		want     map[fault.Code]int
	}{
		{"{a}", map[fault.Code]int{depth: 1, aliases: 0, roots: 1, fields: 1, all: 1, directives: 0, fragments: 0, nesting: 0}},
		{"{a{b c{d}} e}", map[fault.Code]int{depth: 3, roots: 2, fields: 2, all: 5}},
		{"{x:a a:a y:b{z:c}}", map[fault.Code]int{aliases: 3}},
		{"{xyz:a{x:b} name{name}...F} fragment F on T{c{xy12:d}}", map[fault.Code]int{fault.MaxAliasLength: 4}},
		{"{a{name}}", map[fault.Code]int{fault.MaxAliasLength: 0}},
		{"{...{a ...{b}} c{...{d}}}", map[fault.Code]int{depth: 2, roots: 3, fields: 3, all: 4, nesting: 2}},
		{"{...F a{...F}} fragment F on T{x:b c{d}}", map[fault.Code]int{depth: 3, aliases: 2, roots: 3, all: 7, nesting: 1, fragments: 1}},
		{"{a{...F ...F}} fragment F on T{b c}", map[fault.Code]int{fields: 4, roots: 1}},
		{"{a @x ...@x @x{b @x}} fragment F on T @x{c @x}", map[fault.Code]int{directives: 4, fragments: 1}},
		{"query($v:I @x)@x{...F@x ...F@x} fragment F on T @x{c @x}", map[fault.Code]int{directives: 8}},
		{"query a{b} query c{d{e}} query f{g h}", map[fault.Code]int{fault.MaxOperations: 3, depth: 2, roots: 2, all: 2}},
		{"{__schema{a{b}} c{d}}", map[fault.Code]int{depth: 2}},
		{"{__type{a{b}}}", map[fault.Code]int{depth: 0}},
		{"{a{...G}} fragment F on T{x}", map[fault.Code]int{depth: 1, fragments: 1}},
		{`{a(b:[[1 2 3] [{c:[]}]])}`, map[fault.Code]int{fault.MaxValueDepth: 4, fault.MaxListLength: 3}},
		{`query($v:I={a:{b:1}}@x(y:[1 2])){a @x(y:[1 2 3 4])}`, map[fault.Code]int{fault.MaxValueDepth: 2, fault.MaxListLength: 4}},
	} {
		got := found(parse(t, c.document))
		for code, n := range c.want {
			if got[code] != n {
				t.Errorf("%s: %s is %d, want %d", c.document, code, got[code], n)
			}
		}
	}
}

func TestIntrospectionHasADepthOfItsOwn(t *testing.T) {
	depths := func(text string) (of []int) {
		for _, e := range lowest().Document(parse(t, text)).Exceeded {
			if e.Code == fault.MaxDepth {
				of = append(of, e.Found)
			}
		}
		return of
	}
	for document, want := range map[string][2]int{
		"{a{b}}":             {2, 0},
		"{__schema{a{b}} c}": {1, 3},
		"{__type{a ...F} c{d ...F}}fragment F on T{e{f}}": {3, 3},
		"{a{__type{b}}}": {1, 3},
	} {
		if got := depths(document); [2]int(got) != want {
			t.Errorf("%s: %v, want %v", document, got, want)
		}
	}
}

// Measuring each fragment once comes to the same as spreading all of them out.
func TestMemoAgreesWithSpreadingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fragments := rapid.IntRange(1, 5).Draw(t, "fragments")
		sets := make([]string, fragments+1) // the last is the operation's
		for n := range sets {
			sets[n] = randomSet(t, n, 2)
		}
		text := "{" + sets[fragments] + "}"
		for n := range fragments {
			text += fmt.Sprintf("fragment F%d on T{%s}", n, sets[n])
		}
		flat := "{" + spreadOut(sets[fragments], sets) + "}"
		got, want := found(parse(t, text)), found(parse(t, flat))
		want[fault.MaxFragments] = fragments
		for code, n := range want {
			if got[code] != n {
				t.Fatalf("%s: %s is %d, spread out %d", text, code, got[code], n)
			}
		}
	})
}

// randomSet spreads only fragments of lower numbers.
func randomSet(t *rapid.T, lower, depth int) string {
	var b strings.Builder
	b.WriteString("a")
	for range rapid.IntRange(0, 3).Draw(t, "selections") {
		switch kind := rapid.IntRange(0, 4).Draw(t, "kind"); {
		case kind == 0 && lower > 0:
			fmt.Fprintf(&b, " ...F%d@d", rapid.IntRange(0, lower-1).Draw(t, "fragment"))
		case kind == 1 && depth > 0:
			b.WriteString(" ...{" + randomSet(t, lower, depth-1) + "}")
		case kind == 2 && depth > 0:
			b.WriteString(" x:b@d{" + randomSet(t, lower, depth-1) + "}")
		case kind == 3 && depth > 0:
			b.WriteString(" __schema{" + randomSet(t, lower, depth-1) + "}")
		default:
			b.WriteString(" c")
		}
	}
	return b.String()
}

func spreadOut(text string, sets []string) string {
	for n, set := range slices.Backward(sets) {
		text = strings.ReplaceAll(text, fmt.Sprintf("...F%d@d", n), "...@d{"+set+"}")
	}
	return text
}

// A document that would have more fields than there are atoms is measured in as many steps as it has nodes.
func TestWorkIsThatOfTheDocument(t *testing.T) {
	var text strings.Builder
	text.WriteString("{...F0}")
	const fragments = 500
	for n := range fragments {
		fmt.Fprintf(&text, "fragment F%d on T{x:a{...F%d}y:a{...F%d}...F%d}", n, n+1, n+1, n+1)
	}
	fmt.Fprintf(&text, "fragment F%d on T{a}", fragments)
	report := lowest().Document(parse(t, text.String()))
	if report.Nodes > 7*fragments || report.Cycle != nil {
		t.Errorf("%d nodes, cycle %v", report.Nodes, report.Cycle)
	}
	for _, e := range report.Exceeded {
		if e.Code == fault.MaxExpansion && e.Found != most {
			t.Errorf("%d fields", e.Found)
		}
	}
}

func TestCycles(t *testing.T) {
	for document, want := range map[string]string{
		"{...F}fragment F on T{...F}":                         "F",
		"{...F}fragment F on T{a{...{b{...F}}}}":              "F",
		"{...F}fragment F on T{...G}fragment G on T{a{...F}}": "F",
		"{...F ...G}fragment F on T{...G}fragment G on T{a}":  "",
		"{a}fragment F on T{...F}":                            "", // nobody reaches it: that is an error by itself
		"query a{b}query c{...F}fragment F on T{...F}":        "F",
		"{...F}fragment F on T{a}fragment F on T{...F}":       "", // the first counts
	} {
		name := ""
		if cycle := lowest().Document(parse(t, document)).Cycle; cycle != nil {
			name = cycle.Name
		}
		if name != want {
			t.Errorf("%s: %q, want %q", document, name, want)
		}
	}
}
