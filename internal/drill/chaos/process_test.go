package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"tiffin/internal/drill"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The gateway gets the configuration that the services wrote, but for the addresses of their instances.
func TestOnlyTheInstancesAreTapped(t *testing.T) {
	const config = `edge:
  rate_limit: {disabled: true}
auth:
  issuers:
    - url: http://127.0.0.1:9
services:
  inventory:
    url: http://127.0.0.1:1,127.0.0.1:2
    assets: {prefix: /images/}
  orders:
    url: http://127.0.0.1:3
`
	books := drill.NewBooks()
	tap := drill.NewTap(books, loopback())
	defer tap.Close()
	file := filepath.Join(t.TempDir(), "tiffin.yaml")
	if err := (services{config: config}).tapped(tap, file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after := strings.Split(config, "\n"), strings.Split(string(text), "\n")
	if len(before) != len(after) {
		t.Fatalf("%s", text)
	}
	for n, line := range before {
		if tapped := strings.HasPrefix(line, "    url: "); tapped != (after[n] != line) || tapped && strings.Count(line, ",") != strings.Count(after[n], ",") {
			t.Errorf("%q became %q", line, after[n])
		}
	}
	counts := books.Turn()
	if len(counts["inventory"].Attempts) != 2 || len(counts["orders"].Attempts) != 1 {
		t.Errorf("%v", counts)
	}
}
