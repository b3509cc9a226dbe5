package cost

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func parsed(w *world, text string) *ast.QueryDocument {
	w.t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		w.t.Fatal(err)
	}
	// Without the rule that compares pairs: its work is not bounded.
	set := rules.NewDefaultRules()
	set.RemoveRule("OverlappingFieldsCanBeMerged")
	set.RemoveRule("MaxIntrospectionDepth")
	if errs := validator.ValidateWithRules(w.schema, doc, set); errs != nil {
		w.t.Fatal(errs)
	}
	return doc
}

func TestActual(t *testing.T) {
	w := newWorld(t, shop)
	for _, c := range []struct {
		document, variables, data string
		want                      Cost
	}{
		{"{list{id}}", "", `{"list":[{"id":"a"},{"id":"b"}]}`, Cost{1, 1 + 2}},
		{"{list{id}}", "", `{"list":[]}`, Cost{1, 1}},
		{"{list{id}}", "", `{"list":null}`, Cost{1, 1}},
		{"{list{id}}", "", `{"list":[null,{"id":null}]}`, Cost{1, 1 + 1}},
		{"{list{id}}", "", `null`, Cost{0, 0}},
		{"{a:list{part{id}part{price{amount}}}}", "", " { \"a\" : [ {\"part\":{\"id\":\"\\\"}]\",\"price\":{\"amount\": -1.5e3 }}} ,\n{\"part\":null} ] } ", Cost{1 + 3 + 3 + 1, 1 + 2 + 1 + 1}},
		{"{list{...F}}fragment F on Item{part{...G}}fragment G on Item{part{id}}", "", `{"list":[{"part":{"part":{"id":"x"}}}]}`, Cost{1 + 3 + 3, 1 + 1 + 1 + 1}},
		{"{hit{...on Item{part{id}}...on Shop{owner{name}}}}", "", `{"hit":{"owner":{"name":"x"}}}`, Cost{1 + 1, 1 + 4 + 1}},
		{"query($b:Boolean!){list@skip(if:$b){id}node{id}}", `{"b":true}`, `{"node":{"id":"1"}}`, Cost{1, 1 + 4}},
		{"query($i:In){ask(in:$i)}", `{"i":{"heavy":1}}`, `{"ask":5}`, Cost{1 + 1 + 7, 1}},
		{"{__schema{types{name}}}", "", `{"__schema":{"types":[{"name":"a"},{"name":"b"}]}}`, Cost{10, 1}},
		{"{page{items{id}count}}", "", `{"page":{"items":[{"id":"1"}],"count":1}}`, Cost{1 + 1 + 0.5, 1 + 1 + 1}},
	} {
		if got := w.actual(c.document, c.variables, c.data); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.document, got, c.want)
		}
	}
}

// Data that are none give no cost, and no panic.
func TestActualOfWhatIsNoJSON(t *testing.T) {
	w := newWorld(t, shop)
	f, _ := w.compile("{list{id}}", "")
	const whole = `{"list":[{"id":"a\"b"},{"id":[1,{"x":true}]}]}`
	for n := range whole {
		if cost, ok := f.Actual(nil, []byte(whole[:n])); ok {
			t.Errorf("%s: %+v", whole[:n], cost)
		}
	}
	for _, text := range []string{"[[[[", "}", "{]}", `{"list"}`, `{"list":}`, `{:{:{:`, `{"list":[}`, `{,,,,`, "\\", `"`} {
		f.Actual(nil, []byte(text)) // comes back
	}
}

// A response is counted in one pass that allocates next to nothing.
func TestActualAllocates(t *testing.T) {
	w := newWorld(t, shop)
	f, _ := w.compile("{list{id part{id}}}", "")
	data := []byte(`{"list":[{"id":"a","part":{"id":"x"}},{"id":"b","part":null}]}`)
	if got := testing.AllocsPerRun(100, func() { f.Actual(nil, data) }); got > 1 {
		t.Errorf("%v allocations", got)
	}
}

// BenchmarkActual counts a page of some ten kilobytes.
func BenchmarkActual(b *testing.B) {
	w := newWorld(&testing.T{}, shop)
	f, _ := w.compile("{list{id price{amount} part{id price{amount}}}}", "")
	const item = `{"id":"itm_001_01_0123456789","price":{"amount":1250},"part":{"id":"itm_001_02","price":{"amount":100}}}`
	data := []byte(`{"list":[` + strings.Repeat(item+",", 99) + item + `]}`)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := f.Actual(nil, data); !ok {
			b.Fatal("no cost")
		}
	}
}
