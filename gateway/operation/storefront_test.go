package operation

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	if err != nil || len(files) < 5 {
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
		doc, _ := p.documents.get(params.Query)
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

// A page of the most orders is what the default budget is for; one that asks for every order's menus is not.
func TestStorefrontBudget(t *testing.T) {
	p := newPipelineOf(t, Config{}, storefront(t))
	for _, c := range []struct{ document, want string }{
		{`{orders(first:20){edges{node{id status total{amount currency} payment{status} delivery{status}}}}}`, ""},
		{`{restaurants(first:50){edges{node{id name cuisines}}}}`, ""},
		{`{restaurants(first:20){edges{node{name menu{sections{items{name stock}}}}}}}`, "COST_TOO_HIGH"},
		{`{orders(first:100){edges{node{lines{item{name}}}}}}`, "COST_TOO_HIGH"},
		{`{orders(first:101){edges{cursor}}}`, "MAX_PAGE_SIZE"},
	} {
		if got := refusal(t, p, Params{Query: c.document}); got != c.want {
			t.Errorf("%s: %q, want %q", c.document, got, c.want)
		}
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
