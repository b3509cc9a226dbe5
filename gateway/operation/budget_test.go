package operation

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/gateway/answer"
	"tiffin/gateway/internal/gqltest"
	"tiffin/identity"
)

func as(ctx context.Context, scopes ...string) context.Context {
	return identity.WithPrincipal(ctx, &identity.Principal{Issuer: "i", Subject: "s", Scopes: scopes})
}

func inClass(ctx context.Context, class string, scopes ...string) context.Context {
	return identity.WithPrincipal(ctx, &identity.Principal{Issuer: "i", Subject: "s", Class: class, Scopes: scopes})
}

// The largest budget that a caller qualifies for counts.
func TestBudgets(t *testing.T) {
	cfg := Config{Cost: CostConfig{Budget: 10, Authenticated: 20, Scopes: []ScopeBudget{{"poor", 5}, {"reports", 60}, {"more", 50}}, Classes: []ClassBudget{{"free", 15}, {"partner", 55}}}}
	p := newPipelineOf(t, cfg, wideSchema())
	for name, c := range map[string]struct {
		ctx    context.Context
		budget int
	}{
		"anonymous":                {t.Context(), 10},
		"known":                    {as(t.Context()), 20},
		"smaller scope":            {as(t.Context(), "poor"), 20},
		"scope":                    {as(t.Context(), "more"), 50},
		"class":                    {inClass(t.Context(), "partner"), 55},
		"smaller class":            {inClass(t.Context(), "free"), 15},
		"unknown class":            {inClass(t.Context(), "other"), 20},
		"class, less than a scope": {inClass(t.Context(), "free", "more"), 50},
		"two scopes":               {as(t.Context(), "more", "reports", "poor"), 60},
	} {
		for n, want := range map[int]string{c.budget - 1: "", c.budget: "COST_TOO_HIGH"} { // one more for Query itself
			params := Params{Query: "query($n:Int){page(first:$n){n}}", Variables: map[string]any{"n": int64(n)}}
			_, errs := p.Prepare(c.ctx, params)
			got := ""
			if errs != nil {
				got = string(answer.Code(errs[0]))
			}
			if got != want {
				t.Errorf("%s, %d: %q, want %q", name, n+1, got, want)
			}
		}
	}
	_, errs := p.Prepare(t.Context(), Params{Query: "{page(first:50){n}}"})
	if len(errs) != 1 || errs[0].Message != "Cost too high: estimate 51, budget 10." {
		t.Errorf("%v", errs)
	}
	_, errs = p.Prepare(t.Context(), Params{Query: "{page(first:5000){n}}"})
	if len(errs) != 2 || answer.Code(errs[0]) != "MAX_PAGE_SIZE" || errs[1].Message != "Cost too high: estimate 5001, budget 10." {
		t.Errorf("%v", errs)
	}
	if got := refusal(t, p, Params{Query: "{page(first:1 last:1){n}}"}); got != "BAD_USER_INPUT" {
		t.Errorf("two slicing arguments: %q", got)
	}
}

// What an operation cost is known by its response, where it is asked for.
func TestCostOfAResponse(t *testing.T) {
	schema := wideSchema()
	schema.Resolvers = map[string]gqltest.Resolver{"Query.page": func(context.Context, map[string]any) (any, error) {
		return []any{map[string]any{"n": 1}, nil, map[string]any{"n": 2}}, nil
	}}
	for cfg, want := range map[[2]bool]Cost{
		{true, false}: {Estimated: 21, Actual: 3, Shown: true}, {true, true}: {Estimated: 21, Actual: 3, Shown: true},
		{false, true}: {Estimated: 21, Actual: 3}, {false, false}: {},
	} {
		p := newPipelineOf(t, Config{Cost: CostConfig{Headers: cfg[0], Actual: cfg[1]}}, schema)
		op, errs := p.Prepare(t.Context(), Params{Query: "{page(first:20){n}}"})
		if errs != nil {
			t.Fatal(errs)
		}
		if got := Estimate(op); got != 21 {
			t.Errorf("estimate %d", got)
		}
		cost, ok := p.Cost(op, p.Execute(t.Context(), op))
		if ok != (want != Cost{}) || cost != want {
			t.Errorf("%v: %+v %v", cfg, cost, ok)
		}
		if cost, ok := p.Cost(op, &graphql.Response{}); ok && cost.Actual != 21 {
			t.Errorf("without data the estimate stands: %+v", cost)
		}
	}
	if got := Estimate(&graphql.OperationContext{}); got != 0 {
		t.Errorf("of an operation from elsewhere: %d", got)
	}
}

// @oneOf holds for variables too, before anything is executed.
func TestOneOf(t *testing.T) {
	p := newPipelineOf(t, Config{}, wideSchema())
	for _, c := range []struct{ query, variables, want string }{
		{"query($p:Pick){say(pick:$p)}", `{"p":{"one":1}}`, ""},
		{"query($p:Pick){say(pick:$p)}", `{"p":{"one":1,"two":"x"}}`, "BAD_USER_INPUT: variable.p: exactly one field must be given, and not be null"},
		{"query($p:Pick){say(pick:$p)}", `{"p":{}}`, "BAD_USER_INPUT: variable.p: exactly one field must be given, and not be null"},
		{"query($p:Pick){say(pick:$p)}", `{"p":{"one":null}}`, "BAD_USER_INPUT: variable.p: exactly one field must be given, and not be null"},
		{"query($h:Holder){say(holder:$h)}", `{"h":{"picks":[{"pick":{"one":null}}]}}`, "BAD_USER_INPUT: variable.h.picks[0].pick: exactly one field must be given, and not be null"},
		{"query($i:Int){say(pick:{one:$i})}", `{"i":1}`, `GRAPHQL_VALIDATION_FAILED: Variable "$i" is of type "Int" but must be non-nullable to be used for OneOf Input Object "Pick".`},
		{"{say(pick:{one:1 two:\"x\"})}", `{}`, `GRAPHQL_VALIDATION_FAILED: OneOf Input Object "Pick" must specify exactly one key.`},
	} {
		params := Params{Query: c.query}
		if err := json.Unmarshal([]byte(c.variables), &params.Variables); err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, errs := p.Prepare(t.Context(), params); errs != nil {
			got = string(answer.Code(errs[0])) + ": " + errs[0].Message
		}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.query, c.variables, got, c.want)
		}
	}
}

func TestConfigValidate(t *testing.T) {
	bad := Config{CacheBytes: -1, Deadline: -1, Cost: CostConfig{
		Mode: "off", Budget: -1, Authenticated: -1, ListSize: -1, Scopes: []ScopeBudget{{"a", 1}, {"", -1}},
		Classes: []ClassBudget{{"a", 1}, {"", -1}},
	}}
	bad.Limits.Depth.Max = -1
	want := []string{
		"limits.depth.max", "cost.mode", "cost.budget", "cost.authenticated", "cost.list_size", "cost.classes[1].class", "cost.classes[1].budget", "cost.scopes[1].scope", "cost.scopes[1].budget",
		"cache_bytes", "deadline",
	}
	problems := bad.Validate()
	if len(problems) != len(want) {
		t.Fatalf("%v", problems)
	}
	for n, problem := range problems {
		if problem.Path != want[n] || problem.Reason == "" || problem.Remedy == "" {
			t.Errorf("%v, want %s", problem, want[n])
		}
	}
	if problems := (Config{}).WithDefaults().Validate(); len(problems) > 0 {
		t.Error(problems)
	}
}
