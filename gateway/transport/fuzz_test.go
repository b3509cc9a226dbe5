package transport

import (
	stdjson "encoding/json"
	"strings"
	"testing"
)

// FuzzParams: no body makes reading panic; one that is accepted is JSON by the standard's reader too, says the same there, and is not in the
// refusal of one that is not.
func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{hello}"}`, `{"query":"{hello}","variables":{"a":[1,2.5,1e3,-0,true,null,"x"]},"operationName":null,"extensions":{}}`,
		`{"query":"{hello}"} {}`, `{"query":"{hello}","query":"{me}"}`, `{"Query":"{hello}"}`, `[{"query":"{hello}"}]`, `"hunter2"`, "", "null",
		"{\"query\":\"{hello}\xff\"}", `{"query":"\ud800"}`, `{"query":7}`, `{"documentId":"a","doc_id":"b","id":"c"}`, `{"variables":{"a":1e999}}`,
		`{"variables":{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}}`,
		`{"variables":{"a":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000) + `}}`,
		`{"` + strings.Repeat("x", 10_000) + `":1}`, `{"variables":{"a":9007199254740993}}`,
		`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		params, refused := parseParams(body)
		if refused != nil {
			if refused.Message == "" || len(refused.Message) > 200 {
				t.Fatalf("refused with %q", refused.Message)
			}
			return
		}
		var other struct {
			Query     string         `json:"query"`
			Variables map[string]any `json:"variables"`
		}
		if err := stdjson.Unmarshal(body, &other); err != nil || other.Query != params.Query && !folded(body) || len(other.Variables) != len(params.Variables) && !folded(body) {
			t.Fatalf("%v: %q and %q", err, params.Query, other.Query)
		}
	})
}

// folded reports whether the standard's reader could take another member for one of ours: it does not mind the case.
func folded(body []byte) bool {
	var members map[string]stdjson.RawMessage
	if stdjson.Unmarshal(body, &members) != nil {
		return true
	}
	for name := range members {
		for _, ours := range []string{"query", "variables"} {
			if name != ours && strings.EqualFold(name, ours) {
				return true
			}
		}
	}
	return false
}
