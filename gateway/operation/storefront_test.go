package operation

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiffin/gateway/answer"
	"tiffin/gateway/internal/gqltest"
	"tiffin/gateway/operation/limits"
	"tiffin/gateway/operation/validation"
)

// storefront is the schema that this repository serves, as text: the kit does not import it.
func storefront(t testing.TB) *gqltest.Schema {
	t.Helper()
	return &gqltest.Schema{Source: read(t, "../../schema.graphqls")}
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// examples are the documents that GraphiQL shows, by file, with its introspection query.
func examples(t testing.TB) map[string]Params {
	t.Helper()
	files, err := filepath.Glob("../../web/examples/*.graphql")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	documents := map[string]Params{"introspection": {Query: read(t, "testdata/introspection.graphql")}}
	for _, file := range files {
		params := Params{Query: read(t, file)}
		if text, err := os.ReadFile(strings.TrimSuffix(file, ".graphql") + ".json"); err == nil {
			if err := json.Unmarshal(text, &params.Variables); err != nil {
				t.Fatal(err)
			}
		}
		documents[strings.TrimSuffix(filepath.Base(file), ".graphql")] = params
	}
	return documents
}

// What the page at / sends is within every default limit.
func TestExamplesAreWithinTheLimits(t *testing.T) {
	p := newPipelineOf(t, Config{Introspection: true}, storefront(t))
	for name, params := range examples(t) {
		op, errs := p.Prepare(t.Context(), params)
		if errs != nil {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		doc, _ := p.documents.get(t.Context(), params.Query)
		report := p.documents.limits.Document(doc.doc)
		result := validation.New(p.schema, false).Validate(doc.doc, 1<<30)
		t.Logf("%-14s cost %4d, nodes %3d, comparisons %3d, remembered in %d KB", name, Estimate(op), report.Nodes, result.Comparisons, doc.weight>>10)
	}
}

// The schema's directives of cost make sense, all of them.
func TestStorefrontSchemaIsSound(t *testing.T) {
	var log strings.Builder
	New(Config{}, Deps{Schema: storefront(t), Logger: newLogger(&log)})
	if log.Len() > 0 {
		t.Error(log.String())
	}
}

// Each list of the schema says how long it can be.
func TestStorefrontListsHaveSizes(t *testing.T) {
	schema := storefront(t).Schema()
	sized := map[string]bool{}
	for _, definition := range schema.Types {
		for _, f := range definition.Fields {
			if d := f.Directives.ForName("listSize"); d != nil {
				if a := d.Arguments.ForName("sizedFields"); a != nil {
					for _, child := range a.Value.Children {
						sized[f.Type.Name()+"."+child.Value.Raw] = true
					}
				}
			}
		}
	}
	for _, definition := range schema.Types {
		if definition.BuiltIn || definition.Kind == "INPUT_OBJECT" {
			continue
		}
		for _, f := range definition.Fields {
			if f.Type.Elem != nil && f.Directives.ForName("listSize") == nil && !sized[definition.Name+"."+f.Name] {
				t.Errorf("%s.%s is a list without @listSize", definition.Name, f.Name)
			}
		}
	}
}

// A first of null is answered with as many as no first at all: it costs the same.
func TestNoFirstIsNoDiscount(t *testing.T) {
	p := newPipelineOf(t, Config{}, storefront(t))
	estimate := func(query string, variables map[string]any) int {
		op, errs := p.Prepare(t.Context(), Params{Query: query, Variables: variables})
		if errs != nil {
			t.Fatal(query, errs)
		}
		return Estimate(op)
	}
	for _, list := range []string{"orders", "restaurants"} {
		want := estimate("{"+list+"(first:20){edges{node{id}}}}", nil)
		for _, got := range []int{
			estimate("{"+list+"{edges{node{id}}}}", nil),
			estimate("{"+list+"(first:null){edges{node{id}}}}", nil),
			estimate("query($n:Int){"+list+"(first:$n){edges{node{id}}}}", nil),
			estimate("query($n:Int){"+list+"(first:$n){edges{node{id}}}}", map[string]any{"n": nil}),
		} {
			if got != want {
				t.Errorf("%s: %d, with the default of first %d", list, got, want)
			}
		}
	}
}

// everything is what an order can be asked for, all services among it.
const everything = `id number status placedAt restaurant{id name address coordinates{latitude longitude}}
	lines{id title item{id name price{amount currency} imageUrl stock} options{id name price{amount currency}} quantity note
		unitPrice{amount currency} subtotal{amount currency}}
	charges{kind label amount{amount currency}} total{amount currency}
	payment{status authorized{amount currency} captured{amount currency} refunded{amount currency}}
	delivery{status eta driver{id name phone vehicle position{latitude longitude}} dropoff{address coordinates{latitude longitude} recipientName}}
	timeline{status at}`

// A page of twenty orders with everything is what the default budget is for, and the menu of a restaurant with every option; pages of a
// hundred with all their dishes, and menus of a list of restaurants, are not.
func TestStorefrontBudget(t *testing.T) {
	p := newPipelineOf(t, Config{}, storefront(t))
	for _, c := range []struct {
		document, want string
		most           int // of what is within the budget
	}{
		{`{orders(first:20){edges{node{` + everything + `}}pageInfo{hasNextPage endCursor}}}`, "", 700},
		{`{orders(first:100){edges{node{id status total{amount currency} payment{status} delivery{status}}}}}`, "", 700},
		{`{restaurants(first:50){edges{node{id name cuisines}}}}`, "", 100},
		{`{restaurant(id:"res_001"){name menu{sections{name items{id name price{amount currency} stock
			optionGroups{id name minimum maximum options{id name price{amount currency}}}}}}}}`, "", 500},
		{`{orders(first:100){edges{node{` + everything + `}}}}`, "COST_TOO_HIGH", 0},
		{`{orders(first:100){edges{node{lines{item{name}}}}}}`, "COST_TOO_HIGH", 0},
		{`{orders(first:20){edges{node{restaurant{menu{sections{items{name}}}}}}}}`, "COST_TOO_HIGH", 0},
		{`{restaurants(first:20){edges{node{name menu{sections{items{name stock}}}}}}}`, "COST_TOO_HIGH", 0},
		{`{a:orders(first:20){edges{node{` + everything + `}}} b:orders(first:20){edges{node{` + everything + `}}}}`, "COST_TOO_HIGH", 0},
		{`{orders(first:101){edges{cursor}}}`, "MAX_PAGE_SIZE", 0},
	} {
		op, errs := p.Prepare(t.Context(), Params{Query: c.document})
		got := ""
		if errs != nil {
			got = string(answer.Code(errs[0]))
			t.Logf("%.60s: %s", c.document, errs[0].Message)
		} else {
			t.Logf("%.60s: %d", c.document, Estimate(op))
		}
		if got != c.want || errs == nil && Estimate(op) > c.most {
			t.Errorf("%s: %q, want %q, and at most %d", c.document, got, c.want, c.most)
		}
	}
}

// The product's own pages, asked for twenty at a time: they fit with room to spare. The restaurants' page does not, for it has every menu: it
// asks for two.
func TestExamplesOfTwenty(t *testing.T) {
	p := newPipelineOf(t, Config{}, storefront(t))
	pages := examples(t)
	orders, restaurants := pages["order-page"], pages["restaurants"]
	if orders.Query = strings.Replace(orders.Query, "first: 5", "first: 20", 1); !strings.Contains(orders.Query, "first: 20") {
		t.Fatal("the order page does not say first: 5 any more")
	}
	op, errs := p.Prepare(t.Context(), orders)
	if errs != nil || Estimate(op) > 600 {
		t.Errorf("orders: %v, %d", errs, Estimate(op))
	}
	restaurants.Variables = map[string]any{"first": int64(20)}
	if got := refusal(t, p, restaurants); got != "COST_TOO_HIGH" {
		t.Errorf("twenty menus: %q", got)
	}
}

func TestMeasuredLimitsOfStorefront(t *testing.T) {
	var seen []limits.Exceeded
	cfg := Config{}
	cfg.Cost.Mode = limits.Measure
	p := newPipelineOf(t, cfg, storefront(t), func(e limits.Exceeded) { seen = append(seen, e) })
	const document = `{orders(first:100){edges{node{lines{item{name}}}}}}`
	for range 2 { // also when it is remembered
		if got := refusal(t, p, Params{Query: document}); got != "" {
			t.Error(got)
		}
	}
	if len(seen) != 2 || seen[0].Code != "COST_TOO_HIGH" || seen[0].Found <= 1000 || seen[0].Allowed != 1000 {
		t.Errorf("%+v", seen)
	}
}

// With nobody to tell, the log has it.
func TestMeasuredLimitsAreLogged(t *testing.T) {
	var log strings.Builder
	cfg := Config{}
	cfg.Limits.PageSize.Mode = limits.Measure
	p := New(cfg, Deps{Schema: storefront(t), Logger: newLogger(&log)})
	if got := refusal(t, p, Params{Query: `{orders(first:101){edges{cursor}}}`}); got != "" {
		t.Error(got)
	}
	if text := log.String(); !strings.Contains(text, `msg="limit exceeded"`) || !strings.Contains(text, "code=MAX_PAGE_SIZE found=101 allowed=100") {
		t.Error(text)
	}
}
