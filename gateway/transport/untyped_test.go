package transport

import (
	stdjson "encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUntypedValues(t *testing.T) {
	params, refused := parseParams([]byte(`{"query":"{a}","variables":{
		"whole":9007199254740993,"least":-9223372036854775808,"beyond":9223372036854775808,"part":1.5,"power":1e3,"nought":-0,
		"text":"\u00e4\n","empty":"","yes":true,"no":false,"none":null,"object":{},"list":[],
		"deep":{"a":[{"b":[null,[2]]},"c"],"é":{"d":{}}}
	},"extensions":{}}`))
	if refused != nil {
		t.Fatal(refused)
	}
	want := map[string]any{
		"whole": int64(9007199254740993), "least": int64(-9223372036854775808), "beyond": 9223372036854775808.0, "part": 1.5, "power": 1000.0, "nought": int64(0),
		"text": "ä\n", "empty": "", "yes": true, "no": false, "none": nil, "object": map[string]any{}, "list": []any{},
		"deep": map[string]any{
			"a": []any{map[string]any{"b": []any{nil, []any{int64(2)}}}, "c"},
			"é": map[string]any{"d": map[string]any{}},
		},
	}
	if diff := cmp.Diff(want, params.Variables); diff != "" {
		t.Error(diff)
	}
	if params.Extensions != nil {
		t.Errorf("extensions %v", params.Extensions)
	}
}

// What is no value is refused wherever it stands, as strictly as outside of the variables.
func TestUntypedValuesAreStrict(t *testing.T) {
	const strict = "The body is no strict JSON"
	for variables, want := range map[string]string{
		`{"a":1,"a":2}`:                strict,
		`{"a":{"b":1,"b":2}}`:          strict,
		"{\"a\":\"\xff\"}":             strict,
		`{"a":1e999}`:                  strict,
		`{"a":[1,]}`:                   strict,
		`{"a":[1 2]}`:                  strict,
		`{"a":01}`:                     strict,
		`{"a"}`:                        strict,
		`{"a":1,}`:                     strict,
		`{"a":nul}`:                    strict,
		`{`:                            strict,
		`{"a":[`:                       strict,
		`{"a":`:                        strict,
		`{7:1}`:                        strict,
		strings.Repeat(`{"a":`, 20000): strict,
		`[{}]`:                         "The parameter variables must be an object or null.",
		`"{}"`:                         "The parameter variables must be an object or null.",
		`7`:                            "The parameter variables must be an object or null.",
	} {
		_, refused := parseParams([]byte(`{"query":"{a}","variables":` + variables + `}`))
		if refused == nil || !strings.HasPrefix(refused.Message, want) {
			t.Errorf("%.40q: %v", variables, refused)
		}
	}
	for _, variables := range []string{"null", "{}", " { } "} {
		if !stdjson.Valid([]byte(variables)) {
			t.Fatal(variables)
		}
		if params, refused := parseParams([]byte(`{"query":"{a}","variables":` + variables + `}`)); refused != nil || params.Variables != nil {
			t.Errorf("%s: %v, %v", variables, params.Variables, refused)
		}
	}
}
