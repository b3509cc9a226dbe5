package telemetrytest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"tiffin/internal/testkit"
)

func counter(name string, labels ...string) prometheus.Collector {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: "x"}, labels)
}

func TestCheckDocument(t *testing.T) {
	const rows = "# Metrics\n\n| name | type | labels | is |\n|---|---|---|---|\n"
	collectors := []prometheus.Collector{counter("a_total"), counter("b_total", "kind", "code"), counter("go_x"), counter("go_y", "z")}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"same":        {"| `a_total` | counter | | a |\n| `b_total` | counter | `code`, `kind` | b |\n| `go_*` | | | Go |\n", nil},
		"no row":      {"| `a_total` | counter | | a |\n| `go_*` | | | Go |\n", []string{"b_total has no row"}},
		"too much":    {"| `a_total` | counter | | a |\n| `b_total` | counter | `kind`, `code` | b |\n| `c` | | | c |\n| `d_*` | | | d |\n| `go_*` | | | Go |\n", []string{"c has a row, and is no metric", "d_* has a row, and is no metric"}},
		"other label": {"| `a_total` | counter | | a |\n| `b_total` | counter | `kind` | b |\n| `go_*` | | | Go |\n", []string{`the row of b_total has the labels "kind", the metric has "code, kind"`}},
	} {
		file := filepath.Join(t.TempDir(), "metrics.md")
		if err := os.WriteFile(file, []byte(rows+c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		fake := &testkit.FakeT{}
		CheckDocument(fake, file, collectors...)
		var got []string
		for _, e := range fake.Errors {
			_, difference, _ := strings.Cut(e, ": ")
			got = append(got, difference)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
