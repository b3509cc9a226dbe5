package validation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// Each operation's walk visits a node once, and no fragment is walked for itself: all in all operations × nodes.
func TestWalkIsLinear(t *testing.T) {
	var text strings.Builder
	const fragments, fields, operations = 100, 30, 5
	for n := range operations {
		fmt.Fprintf(&text, "query q%d{a{...F0 ...F1}}", n)
	}
	for n := range fragments {
		fmt.Fprintf(&text, "fragment F%d on A{%s", n, strings.Repeat("same ", fields))
		for _, next := range []int{n + 1, n + 2} {
			if next < fragments {
				fmt.Fprintf(&text, "...F%d ", next)
			}
		}
		text.WriteString("}")
	}
	visits := 0
	v := New(load(), false)
	v.rules = append(v.rules, validator.Rule{Name: "count", RuleFunc: func(o *core.Events, _ core.AddErrFunc) {
		o.OnField(func(*core.Walker, *ast.Field) { visits++ })
		o.OnFragmentSpread(func(*core.Walker, *ast.FragmentSpread) { visits++ })
	}})
	doc := parse(t, text.String())
	if errs := v.byRules(doc); len(errs) > 0 {
		t.Fatal(errs)
	}
	nodes := fragments*(fields+2) + 3
	if visits == 0 || visits > operations*nodes {
		t.Errorf("%d visits of %d nodes by %d operations", visits, nodes, operations)
	}
	if len(doc.Fragments) != fragments {
		t.Errorf("%d fragments are left", len(doc.Fragments))
	}
	for _, f := range doc.Fragments {
		if f.Definition == nil || f.Definition.Name != "A" || len(f.SelectionSet) == 0 {
			t.Fatalf("%s is not complete", f.Name)
		}
	}
}

// What is wrong in a fragment is found, also in one that nobody spreads.
func TestFragmentsAreValidated(t *testing.T) {
	v := New(load(), false)
	for document, want := range map[string]string{
		"{a{...F}}fragment F on A{nothing}":                         `Cannot query field "nothing" on type "A".`,
		"{a{...F}}fragment F on A{...G}fragment G on A{nothing}":    `Cannot query field "nothing" on type "A".`,
		"{a{id}}fragment F on A{nothing}":                           `Fragment "F" is never used.`,
		"{a{id}}fragment F on A{...G}fragment G on A{id}":           `Fragment "F" is never used.`,
		"{a{...F}}fragment F on A{id}fragment F on A{id}":           `There can be only one fragment named "F".`,
		"{a{...F}}fragment F on Nothing{id}":                        `Unknown type "Nothing".`,
		"{a{...F}}fragment F on In{id}":                             `Fragment "F" cannot condition on non composite type "In".`,
		"{a{...F}}fragment F on B{id}":                              `can never be of type "B"`,
		"{a{...F}}fragment F on A@nothing{id}":                      `Unknown directive "@nothing".`,
		"{a{...F}}":                                                 `Unknown fragment "F".`,
		"query q{a{...F}}query r{same}fragment F on A{arg(x:$v)}":   `Variable "$v" is not defined by operation "q".`,
		"query r{same}query q{a{...F}}fragment F on A{arg(x:$v)}":   `Variable "$v" is not defined by operation "q".`,
		"query q($v:Int){a{...F}}fragment F on A{arg(x:$v)}":        "",
		"query q($v:ID){a{...F}}fragment F on A{arg(x:$v)}":         `Variable "$v" of type "ID" used in position expecting type "Int".`,
		"query q($p:Pick!){pick(p:$p)}":                             "",
		"query q($i:Int){pick(p:{one:$i})}":                         `must be non-nullable to be used for OneOf Input Object "Pick"`,
		"query q($i:Int=1){pick(p:{one:$i})}":                       `must be non-nullable to be used for OneOf Input Object "Pick"`,
		"query q($i:Int!){pick(p:{one:$i})}":                        "",
		"{pick(p:{one:1 pick:{one:1}})}":                            `must specify exactly one key`,
		"{pick(p:{})}":                                              `must specify exactly one key`,
		"query($p:Pick={one:1 pick:{one:1}}){pick(p:$p)}":           `must specify exactly one key`,
		"{a{...F}}fragment F on A{same same:arg}":                   `Fields "a.same" conflict`,
		"{a{...F}a{...G}}fragment F on A{x:same}fragment G on A{x}": `Fields "a.x" conflict`,
	} {
		text := ""
		for _, e := range v.Validate(parse(t, document), 1000).Errors {
			text += e.Message + "\n"
		}
		if want == "" && text != "" || !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q", document, text, want)
		}
	}
}

func TestErrorsAreFew(t *testing.T) {
	v := New(load(), false)
	name := strings.Repeat("q", 100_000)
	errs := v.Validate(parse(t, "query "+name+"{"+strings.Repeat("arg(x:$v)", 500)+"}"), 1000).Errors
	if len(errs) != 1 { // the first has used up the room
		t.Errorf("%d errors that quote a long name", len(errs))
	}
	if errs = v.Validate(parse(t, "query q{"+strings.Repeat("arg(x:$v)", 500)+"}"), 1000).Errors; len(errs) != MaxErrors {
		t.Errorf("%d errors", len(errs))
	}
}
