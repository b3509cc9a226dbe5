package cost

import (
	"fmt"
	"strings"
	"testing"
)

const shop = `
interface Node { id: ID items: [Item] }
union Hit = Item | Shop | Person
type Item implements Node { id: ID items: [Item] @listSize(assumedSize: 2) price: Price part: Item @cost(weight: "3") }
type Shop implements Node @cost(weight: "4") { id: ID items: [Item] @cost(weight: "6") @listSize(assumedSize: 5) owner: Person grid: [[Item]] @listSize(assumedSize: 5) }
type Person { name: String shop: Shop }
type Price { amount: Int }
type Page { items: [Item] others: [Item] count: Int @cost(weight: "0.5") }
input In { text: String many: [In] heavy: Int @cost(weight: "7") }
type Query {
  node: Node
  hit: Hit
  hits: [Hit] @listSize(assumedSize: 10)
  list: [Item]
  one(first: Int, last: Int): [Item] @listSize(slicingArguments: ["first", "last"])
  any(first: Int = 4, last: Int): [Item] @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
  either(first: Int = 4, last: Int): [Item] @listSize(slicingArguments: ["first", "last"])
  backup(first: Int): [Item] @listSize(slicingArguments: ["first"], assumedSize: 8, requireOneSlicingArgument: false)
  page(first: Int = 4): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"], requireOneSlicingArgument: false)
  ask(in: In): Int @cost(weight: "1")
}
type Mutation { do: Item @cost(weight: "50") }
`

func TestEstimate(t *testing.T) {
	w := newWorld(t, shop)
	for _, c := range []struct {
		document, variables string
		want                Cost
	}{
		{"{__typename}", "", Cost{0, 1}},
		{"mutation{do{id}}", "", Cost{50, 2}},
		{"{list{id}}", "", Cost{1, 1 + 3}}, // three by configuration
		{"{list{part{id}}}", "", Cost{1 + 3*3, 1 + 3 + 3}},
		{"{node{id}}", "", Cost{1, 1 + 4}},                // the dearest member
		{"{node{items{id}}}", "", Cost{1 + 6, 1 + 4 + 5}}, // the dearest implementation
		{"{hit{__typename}}", "", Cost{1, 1 + 4}},
		{"{hit{...on Item{part{id}}...on Shop{owner{name}}}}", "", Cost{1 + 3, 1 + 4 + 1}}, // one type or the other
		{"{hit{...on Item{part{id}}...on Node{items{id}}...on Shop{owner{name}}}}", "", Cost{1 + 6 + 3, 1 + 4 + 5 + 1}},
		{"{hit{...on Node{items{id}}...on Person{shop{owner{name}}}}}", "", Cost{1 + 6, 1 + 4 + 5}},
		{"{hits{...on Item{part{id}}...on Person{shop{id}}}}", "", Cost{1 + 10*3, 1 + 10*4 + 10*4}},
		{"{hit{...on Shop{grid{id}}}}", "", Cost{1 + 1, 1 + 4 + 15}},
		{"{node{...on Node{items{id}}}}", "", Cost{1 + 6, 1 + 4 + 5}},
		{"{one(first:2){id}}", "", Cost{1, 1 + 2}},
		{"{one(first:0){price{amount}}}", "", Cost{1, 1}},
		{"{one(first:-5){price{amount}}}", "", Cost{1, 1}},
		{"{any{id}}", "", Cost{1, 1 + 4}},
		{"{any(first:2){id}}", "", Cost{1, 1 + 2}},
		{"{any(last:9){id}}", "", Cost{1, 1 + 9}},
		{"{any(last:2){id}}", "", Cost{1, 1 + 4}}, // the default counts as given
		{"{any(first:2 last:3){id}}", "", Cost{1, 1 + 3}},
		{"{any(first:null){id}}", "", Cost{1, 1 + 3}},
		{"query($n:Int){any(first:$n){id}}", `{}`, Cost{1, 1 + 4}},
		{"query($n:Int){any(first:$n){id}}", `{"n":null}`, Cost{1, 1 + 3}},
		{"query($n:Int){any(first:$n){id}}", `{"n":20}`, Cost{1, 1 + 20}},
		{"query($n:Int=6){any(first:$n){id}}", `{}`, Cost{1, 1 + 6}},
		{"{backup{id}}", "", Cost{1, 1 + 8}},
		{"{backup(first:2){id}}", "", Cost{1, 1 + 2}},
		{"{page{items{id}others{id}count}}", "", Cost{1 + 1 + 1 + 0.5, 1 + 1 + 4 + 3}},
		{"query($n:Int){page(first:$n){...F}}fragment F on Page{items{part{id}}}", `{"n":5}`, Cost{1 + 1 + 5*3, 1 + 1 + 5 + 5}},
		{"query($n:Int $m:Int){a:page(first:$n){...F}b:page(first:$m){...F}}fragment F on Page{items{id}}", `{"n":5,"m":2}`, Cost{2 + 2, 1 + 2 + 5 + 2}},
		{"query($n:Int){one(first:$n){...F ...F}}fragment F on Item{...G}fragment G on Item{price{amount}}", `{"n":5}`, Cost{1 + 10, 1 + 5 + 10}},
		{"{list@skip(if:true){id}node@include(if:false){id}}", "", Cost{0, 1}},
		{"{list@skip(if:false){id}}", "", Cost{1, 4}},
		{"query($b:Boolean!){list@skip(if:$b){id}...@include(if:$b){node{id}}...F@skip(if:$b)}fragment F on Query{node{id}}", `{"b":true}`, Cost{1, 1 + 4}},
		{"query($b:Boolean!){list@skip(if:$b){id}...@include(if:$b){node{id}}...F@skip(if:$b)}fragment F on Query{node{id}}", `{"b":false}`, Cost{2, 1 + 3 + 4}},
		{"query($b:Boolean!){list@skip(if:$b){id}}", `{"b":true}`, Cost{0, 1}},
		{"query($b:Boolean!){...@skip(if:$b){list{id}}}", `{"b":true}`, Cost{0, 1}},
		{"query($b:Boolean!){hit{...on Item@skip(if:$b){part{id}}}}", `{"b":true}`, Cost{1, 1 + 4}},
		{"{ask}", "", Cost{1, 1}},
		{"{ask(in:{text:\"a\"})}", "", Cost{2, 1}},
		{"{ask(in:{many:[{heavy:1}{heavy:2 many:[]}]})}", "", Cost{1 + 1 + 1 + 14 + 1, 1}},
		{"query($i:In){ask(in:$i)}", `{"i":{"many":[{"heavy":1},{"heavy":2,"many":[]}]}}`, Cost{1 + 1 + 1 + 14 + 1, 1}},
		{"query($i:In){ask(in:{many:[$i $i]})}", `{"i":{"heavy":1}}`, Cost{1 + 1 + 1 + 14, 1}},
		{"query($i:In){ask(in:$i)}", ``, Cost{1 + 1, 1}},
		{"query($i:Int){ask(in:{heavy:$i})}", `{"i":1}`, Cost{1 + 1 + 7, 1}},
		{"{__schema{types{fields{type{name}}}}x:__type(name:\"a\"){name}}", "", Cost{20, 1}},
	} {
		if got := w.estimate(c.document, c.variables).Cost; got != c.want {
			t.Errorf("%s %s: %+v, want %+v", c.document, c.variables, got, c.want)
		}
	}
}

func TestSlicingArgumentsMustBeDecided(t *testing.T) {
	w := newWorld(t, shop)
	for _, c := range []struct{ document, variables, want string }{
		{"{one{id}}", "", "Query.one"},
		{"{one(first:null){id}}", "", "Query.one"},
		{"{one(first:1){id}}", "", ""},
		{"{one(last:1){id}}", "", ""},
		{"{one(first:1 last:1){id}}", "", "Query.one"},
		{"query($n:Int){one(first:$n){id}}", `{}`, "Query.one"},
		{"query($n:Int){one(first:$n){id}}", `{"n":null}`, "Query.one"},
		{"query($n:Int){one(first:$n){id}}", `{"n":1}`, ""},
		{"query($n:Int){one(first:$n last:2){id}}", `{}`, ""},
		{"query($n:Int){one(first:$n last:2){id}}", `{"n":1}`, "Query.one"},
		{"{either{id}}", "", ""},
		{"{either(last:1){id}}", "", ""},
		{"{either(first:1 last:1){id}}", "", "Query.either"},
		{"{any(first:1 last:1){id}}", "", ""},
		{"{list{id}}", "", ""},
	} {
		if got := w.estimate(c.document, c.variables).Undecided; got != c.want {
			t.Errorf("%s %s: %q, want %q", c.document, c.variables, got, c.want)
		}
	}
}

// Compiling and evaluating take as many steps as the document has nodes, not as many as it would have fields; and what is beyond all
// numbers is still more than any budget.
func TestFragmentsAreCompiledOnce(t *testing.T) {
	w := newWorld(t, shop)
	var text strings.Builder
	text.WriteString("query($n:Int $b:Boolean!){one(first:$n){...F0}}")
	const fragments = 300
	for n := range fragments {
		fmt.Fprintf(&text, "fragment F%d on Item{x:part{...F%d}y:part{...F%d}}", n, n+1, n+1)
	}
	fmt.Fprintf(&text, "fragment F%d on Item{items@skip(if:$b){id}}", fragments)
	doc := parsed(w, text.String())
	f := w.model.Compile(doc.Operations[0], true)
	if f.Nodes() > 10*fragments {
		t.Errorf("%d nodes", f.Nodes())
	}
	got := f.Estimate(map[string]any{"n": int64(5)})
	if got.Total() != most {
		t.Errorf("total %d", got.Total())
	}
	if _, ok := f.Actual(nil, []byte(`{"one":[]}`)); ok {
		t.Error("a shape without end was made")
	}
}

func TestTotal(t *testing.T) {
	for want, c := range map[int]Cost{3: {2.1, 1}, 5: {2, 5}, 0: {}, most: {1e300, 0}} {
		if got := c.Total(); got != want {
			t.Errorf("%+v: %d, want %d", c, got, want)
		}
	}
}

// A remembered operation is estimated without the garbage collector's knowing.
func TestEstimateAllocates(t *testing.T) {
	w := newWorld(t, shop)
	for document, most := range map[string]float64{
		"{list{id} hit{...on Item{id}}}":                                  0,
		"query($n:Int){one(first:$n){id}}":                                0,
		"query($i:In){ask(in:$i)}":                                        1,
		"query($n:Int){one(first:$n){...F}}fragment F on Item{items{id}}": 0,
	} {
		f, _ := w.compile(document, "")
		values := map[string]any{"n": int64(5), "i": map[string]any{"heavy": int64(1)}}
		if got := testing.AllocsPerRun(100, func() { f.Estimate(values) }); got > most {
			t.Errorf("%s: %v allocations", document, got)
		}
	}
}
