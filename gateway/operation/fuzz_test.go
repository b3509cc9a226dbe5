package operation

import (
	"encoding/json"
	"testing"

	"tiffin/gateway/operation/validation"
)

// FuzzPrepare: no request makes preparing panic or takes more steps than its limits; what is remembered is judged as it was.
func FuzzPrepare(f *testing.F) {
	const longest = 1 << 10 // what is longer takes so long that hardly anything is tried; TestHostileWorkIsBoundedInFull has it
	for _, params := range hostile() {
		variables, err := json.Marshal(params.Variables)
		if err != nil {
			f.Fatal(err)
		}
		if len(params.Query)+len(variables) < longest {
			f.Add(params.Query, string(variables))
		}
	}
	for _, c := range limitCases() {
		params := c.request(3 + c.allowed/100)
		variables, err := json.Marshal(params.Variables)
		if err != nil {
			f.Fatal(err)
		}
		if len(params.Query)+len(variables) < longest {
			f.Add(params.Query, string(variables))
		}
	}
	p := newPipelineOf(f, Config{Introspection: true, CacheBytes: 1 << 20, Cost: CostConfig{Headers: true}}, wideSchema())
	f.Fuzz(func(t *testing.T, query, variables string) {
		decode := func() Params {
			params := Params{Query: query}
			if json.Unmarshal([]byte(variables), &params.Variables) != nil {
				params.Variables = nil
			}
			return params
		}
		op, errs := p.Prepare(t.Context(), decode())
		again, sameErrs := p.Prepare(t.Context(), decode())
		if (errs == nil) != (sameErrs == nil) || errs == nil && Estimate(op) != Estimate(again) {
			t.Fatalf("%v, then %v", errs, sameErrs)
		}
		if len(errs) > validation.MaxErrors {
			t.Fatalf("%d errors", len(errs))
		}
		if errs != nil {
			return
		}
		if resp := p.Execute(t.Context(), op); len(query) < 1000 {
			if cost, ok := p.Cost(op, resp); !ok || cost.Actual < 0 || cost.Estimated < 0 {
				t.Fatalf("%+v", cost)
			}
		}
	})
}
