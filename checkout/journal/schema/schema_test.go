package schema_test

import (
	"errors"
	"strings"
	"testing"

	"tiffin/checkout/journal/schema"
)

func TestPending(t *testing.T) {
	changes := []schema.Change{{Version: 1, Oldest: 1}, {Version: 2, Oldest: 1}, {Version: 3, Oldest: 2}}
	for _, c := range []struct {
		name    string
		applied schema.Applied
		pending int
		newer   bool
	}{
		{"no tables", schema.Applied{}, 3, false},
		{"older tables", schema.Applied{Version: 2, Oldest: 1}, 1, false},
		{"ours", schema.Applied{Version: 3, Oldest: 2}, 0, false},
		{"newer, expanded", schema.Applied{Version: 5, Oldest: 3}, 0, false},
		{"newer, contracted", schema.Applied{Version: 5, Oldest: 4}, 0, true},
	} {
		pending, err := schema.Pending(changes, c.applied, "here")
		if len(pending) != c.pending || errors.Is(err, schema.ErrNewer) != c.newer {
			t.Errorf("%s: %d changes, %v", c.name, len(pending), err)
		}
		if len(pending) > 0 && pending[0].Version != c.applied.Version+1 {
			t.Errorf("%s: begins with version %d", c.name, pending[0].Version)
		}
		if c.newer && !strings.Contains(err.Error(), "run the newer release") {
			t.Errorf("%s: %v does not say what to do", c.name, err)
		}
	}
}
