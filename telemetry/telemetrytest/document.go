package telemetrytest

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// T is the part of *testing.T that is needed here.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// CheckDocument holds the Markdown file to the collectors, and the collectors to the file: both have the same metrics with the same labels.
// In the file a metric is a row of a table: "| `name` | type | `label`, `label` | … |"; a name that ends in * stands for all that begin so.
func CheckDocument(t T, file string, collectors ...prometheus.Collector) {
	t.Helper()
	text, err := os.ReadFile(file) //nolint:gosec // a test's own file
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, difference := range differences(documented(string(text)), described(collectors)) {
		t.Errorf("%s: %s", file, difference)
	}
}

// metrics are label lists by name: "code, kind", sorted.
type metrics map[string]string

func differences(documented, described metrics) []string {
	var out []string
	used := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(described)) {
		row, labels, found := documented.find(name)
		used[row] = true
		switch {
		case !found:
			out = append(out, name+" has no row")
		case row == name && labels != described[name]:
			out = append(out, fmt.Sprintf("the row of %s has the labels %q, the metric has %q", name, labels, described[name]))
		}
	}
	for _, row := range slices.Sorted(maps.Keys(documented)) {
		if !used[row] {
			out = append(out, row+" has a row, and is no metric")
		}
	}
	return out
}

// find returns the row for a metric.
func (m metrics) find(name string) (row, labels string, found bool) {
	if labels, found = m[name]; found {
		return name, labels, true
	}
	for row := range m {
		if prefix, many := strings.CutSuffix(row, "*"); many && strings.HasPrefix(name, prefix) {
			return row, "", true
		}
	}
	return "", "", false
}

func documented(text string) metrics {
	row := regexp.MustCompile("(?m)^\\| `([a-z_:*0-9]+)` \\|[^|]*\\|([^|]*)\\|")
	word := regexp.MustCompile("`([a-z_]+)`")
	out := metrics{}
	for _, cells := range row.FindAllStringSubmatch(text, -1) {
		var labels []string
		for _, label := range word.FindAllStringSubmatch(cells[2], -1) {
			labels = append(labels, label[1])
		}
		out[cells[1]] = sorted(labels)
	}
	return out
}

// described asks the collectors what they may bring about; a Desc says it as text only.
func described(collectors []prometheus.Collector) metrics {
	text := regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)
	out := metrics{}
	for _, c := range collectors {
		descs := make(chan *prometheus.Desc)
		go func() {
			defer close(descs)
			c.Describe(descs)
		}()
		for desc := range descs {
			if parts := text.FindStringSubmatch(desc.String()); parts != nil {
				out[parts[1]] = sorted(strings.FieldsFunc(parts[2], func(r rune) bool { return r == ',' || r == ' ' }))
			}
		}
	}
	return out
}

func sorted(labels []string) string {
	slices.Sort(labels)
	return strings.Join(labels, ", ")
}
