package limits

import (
	"slices"
	"strings"
	"testing"

	"tiffin/fault"
)

func TestDefaults(t *testing.T) {
	standard := Config{}.WithDefaults()
	for _, e := range entries(&standard) {
		if e.Max != e.standard || e.Max <= 0 || e.Mode != Enforce || e.Ceiling() != e.Max {
			t.Errorf("%s: %+v", e.key, e.Limit)
		}
	}
	own := Config{Depth: Limit{Max: 3, Mode: Measure}}.WithDefaults()
	if own.Depth != (Limit{Max: 3, Mode: Measure}) || own.Depth.Ceiling() != 30 {
		t.Errorf("%+v", own.Depth)
	}
	if problems := (Config{}).Validate(); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestValidateReportsEverything(t *testing.T) {
	var c Config
	for _, e := range entries(&c) {
		*e.Limit = Limit{Max: -1, Mode: "warn"}
	}
	problems := c.Validate()
	if len(problems) != 2*len(entries(&c)) {
		t.Fatalf("%d problems", len(problems))
	}
	for n, want := range []string{"tokens.max: is negative", "tokens.mode: is not known; write enforce or measure"} {
		if got := problems[n].Error(); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Each limit has a code of its own; the two depths share one.
func TestCodes(t *testing.T) {
	seen := map[fault.Code]int{}
	doc := parse(t, "{a}")
	all := slices.Concat(
		lowest().Document(doc).Exceeded, lowest().Values(map[string]any{"v": "x"}), lowest().Page(1),
		[]Exceeded{lowest().TooManyTokens(1), lowest().TooManyComparisons(1)},
	)
	for _, e := range all {
		seen[e.Code]++
		if !strings.HasPrefix(string(e.Code), "MAX_") || e.Refused() && e.Code != fault.MaxTokens && e.Code != fault.MaxComparisons {
			t.Errorf("%+v", e)
		}
	}
	if want := len(entries(new(Config))) - 1; len(seen) != want {
		t.Errorf("%d codes, want %d: %v", len(seen), want, seen)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		value              any
		bytes, depth, list int
	}{
		{nil, 8, 0, 0},
		{int64(1), 8, 0, 0},
		{"äb", 3 + 3, 0, 0},
		{[]any{}, 3, 1, 0},
		{[]any{true, 1.5}, 3 + 16, 1, 2},
		{map[string]any{"ab": []any{[]any{nil}}}, 3 + 5 + 3 + 3 + 8, 3, 1},
	} {
		got := map[fault.Code]int{}
		for _, e := range lowest().Values(map[string]any{"v": c.value}) {
			got[e.Code] = e.Found
		}
		want := map[fault.Code]int{fault.MaxVariables: c.bytes + 3 + 4, fault.MaxValueDepth: c.depth, fault.MaxListLength: c.list}
		for code, n := range want {
			if got[code] != n {
				t.Errorf("%v: %s %d, want %d", c.value, code, got[code], n)
			}
		}
	}
	if got := lowest().Values(nil); got != nil {
		t.Error(got)
	}
}
