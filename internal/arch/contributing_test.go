package arch

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// The worked example of CONTRIBUTING.md names files and what stands in them.
func TestTheWorkedExampleIsTrue(t *testing.T) {
	root := os.DirFS("../..")
	guide, err := fs.ReadFile(root, "CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(guide), "### Worked example")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| `([^`]+)` \\|$").FindAllStringSubmatch(example, -1)
	if len(rows) < 5 {
		t.Fatalf("found %d rows in the example's table, want one per file to edit", len(rows))
	}
	for _, row := range rows {
		if file, quote := row[1], row[2]; !strings.Contains(text(t, root, file), squeeze(quote)) {
			t.Errorf("CONTRIBUTING.md: there is no %q in %s", quote, file)
		}
	}
}

// text is what stands in a file, or in all Go files of a folder.
func text(t *testing.T, root fs.FS, name string) string {
	t.Helper()
	names, err := fs.Glob(root, path.Join(name, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		names = []string{name}
	}
	var all strings.Builder
	for _, name := range names {
		data, err := fs.ReadFile(root, name)
		if err != nil {
			t.Errorf("CONTRIBUTING.md: %v", err)
		}
		all.Write(data)
	}
	return squeeze(all.String())
}

// squeeze makes gofmt's alignment irrelevant.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
