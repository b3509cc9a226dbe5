//go:build unix

package crash

import (
	"strings"
	"testing"
)

func TestPassed(t *testing.T) {
	for name, test := range map[string]struct {
		report Report
		want   bool
	}{
		"nothing broken":             {Report{Plan: Plan{Hits: 3}, Hits: 3}, true},
		"a violation":                {Report{Violations: []string{"x"}}, false},
		"too few kills met a row":    {Report{Plan: Plan{Hits: 3}, Hits: 2}, false},
		"nothing was shown":          {Report{Lacks: []string{"x"}}, false},
		"a control that finds":       {Report{Plan: Plan{Control: true}, Open: 1}, true},
		"a control with a violation": {Report{Plan: Plan{Control: true}, Violations: []string{"x"}}, true},
		"a control that finds none":  {Report{Plan: Plan{Control: true}}, false},
	} {
		if got := test.report.Passed(); got != test.want {
			t.Errorf("%s: passed = %v", name, got)
		}
	}
}

// The control is to be broken: it is in the table, and not in the sum.
func TestTableAndSum(t *testing.T) {
	reports := []*Report{
		{Plan: Plan{Name: "good", Hits: 9}, Kills: 8, Hits: 7, Orders: 90, Lacks: []string{"no order"}},
		{Plan: Plan{Name: "bad"}, Kills: 2, Orders: 10, Violations: []string{"twice charged"}, Notes: []string{"slow"}},
		{Plan: Plan{Name: "control", Control: true}, Kills: 3, Orders: 50, Violations: []string{"of the control"}},
		{Plan: Plan{Name: "useless", Control: true}},
	}
	if got, want := Sum(reports), "10 kills, 100 orders, 1 violations"; got != want {
		t.Errorf("Sum = %q; want %q", got, want)
	}
	var out strings.Builder
	if err := Table(&out, reports); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"good: TOO LITTLE: 7 kills", "good: TOO LITTLE: no order", "bad: VIOLATION: twice charged", "bad: note: slow", "useless: USELESS"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "of the control") {
		t.Errorf("the control's violations are listed:\n%s", out.String())
	}
}

func TestWithout(t *testing.T) {
	const document = "a: 1\ncheckout:\n  journal:\n    kind: memory\n\n  more: 1\nb:\n  checkout: kept\n"
	if got, want := without(document, "checkout"), "a: 1\nb:\n  checkout: kept\n"; got != want {
		t.Errorf("got %q", got)
	}
}
