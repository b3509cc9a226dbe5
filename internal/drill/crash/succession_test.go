//go:build unix

package crash

import (
	"strings"
	"testing"
)

func TestFollow(t *testing.T) {
	launched := map[string]release{"old": thisRelease, "old2": thisRelease, "new": nextRelease}
	began := []tenure{{Saga: "a", Epoch: 1, Version: 1, Owner: "old"}, {Saga: "b", Epoch: 1, Version: 2, Owner: "new"}} // so that versions are known
	for name, test := range map[string]struct {
		tenures           []tenure
		adopted, returned int
		problem           string
	}{
		"each its own":       {tenures: []tenure{{"c", 1, 1, "old", 3, true}, {"d", 1, 2, "new", 3, true}}},
		"taken over":         {tenures: []tenure{{"c", 1, 1, "old", 1, false}, {"c", 2, 1, "new", 2, true}}, adopted: 1},
		"by its own release": {tenures: []tenure{{"c", 1, 1, "old", 1, false}, {"c", 2, 1, "old2", 2, true}}},
		"there and back":     {tenures: []tenure{{"c", 1, 1, "old", 1, false}, {"c", 2, 1, "new", 1, false}, {"c", 3, 1, "old2", 1, true}}, returned: 1},
		"taken, not touched": {tenures: []tenure{{"c", 1, 1, "old", 1, false}, {"c", 2, 1, "new", 0, false}, {"c", 3, 1, "old2", 1, true}}},
		"a newer row": {
			tenures: []tenure{{"c", 1, 2, "new", 1, false}, {"c", 2, 2, "old", 1, false}, {"c", 3, 2, "old", 1, false}, {"c", 4, 2, "new", 1, true}},
			problem: "driven by old in epoch 2, of this release, and the row is of the next release",
		},
		"another version":         {tenures: []tenure{{"c", 1, 1, "old", 1, false}, {"c", 2, 2, "new", 1, false}}, problem: "begins rows with version 1"},
		"begun as a newer one":    {tenures: []tenure{{"c", 1, 2, "old", 1, false}}, problem: "begins rows with version 1"},
		"begun as an older one":   {tenures: []tenure{{"c", 1, 1, "new", 1, false}}, problem: "begins rows with version 2"},
		"two at the same time":    {tenures: []tenure{{"c", 1, 1, "new", 1, false}, {"c", 1, 1, "old", 1, false}}, problem: "row c"},
		"two of one release":      {tenures: []tenure{{"c", 1, 1, "old", 1, false}, {"c", 1, 1, "old2", 1, false}}, problem: "and in the same by old"},
		"somebody from elsewhere": {tenures: []tenure{{"c", 1, 1, "old", 1, false}, {"c", 2, 1, "who", 1, true}}, problem: "whom nobody started"},
	} {
		s := follow(append(began[:2:2], test.tenures...), launched)
		if s.adopted != test.adopted || s.returned != test.returned {
			t.Errorf("%s: adopted %d, returned %d; want %d, %d", name, s.adopted, s.returned, test.adopted, test.returned)
		}
		if got := strings.Join(s.problems, "; "); !strings.Contains(got, test.problem) || (test.problem == "") != (got == "") || len(s.problems) > 1 {
			t.Errorf("%s: problems %q; want %q", name, got, test.problem)
		}
	}
	if s := follow([]tenure{{"a", 1, 1, "old", 1, true}, {"b", 1, 1, "new", 1, true}}, launched); len(s.problems) != 1 {
		t.Errorf("two releases with one version: problems %q", s.problems)
	}
	if s := follow(began, launched); s.begun[thisRelease] != 1 || s.begun[nextRelease] != 1 || s.of["b"] != nextRelease {
		t.Errorf("begun = %v, of = %v", s.begun, s.of)
	}
}
