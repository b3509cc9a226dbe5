package answer

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"tiffin/fault"
)

// docs/errors.md lists the codes that there are, in their order, with their status.
func TestErrorsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (\\d+) \\| .+ \\| .+ \\|$").FindAllStringSubmatch(string(text), -1)
	codes := fault.Codes()
	for n, row := range rows {
		if n >= len(codes) || row[1] != string(codes[n]) {
			t.Fatalf("row %d is %s, which is not the code at that place of fault.Codes", n+1, row[1])
		}
		if status := strconv.Itoa(GraphQL.Status(codes[n])); row[2] != status {
			t.Errorf("%s: status %s, is %s", row[1], row[2], status)
		}
	}
	if len(rows) != len(codes) {
		t.Errorf("%d codes are documented, there are %d; the next is %s", len(rows), len(codes), codes[len(rows)])
	}
}
