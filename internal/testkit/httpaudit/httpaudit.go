// Package httpaudit runs the public audits of GraphQL over HTTP, those of the npm package graphql-http, against a running server.
package httpaudit

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"tiffin/internal/testkit"
)

// Result is what one audit came to.
type Result struct {
	// ID is the audit's, four hexadecimal digits that stay; Name is its sentence.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Status is ok, notice (a MAY), warn (a SHOULD) or error (a MUST).
	Status string `json:"status"`
	// Reason is why it is not ok.
	Reason string `json:"reason"`
}

// timeout bounds a run, which takes seconds: each audit is a request or two.
const timeout = 2 * time.Minute

// Run runs all audits against the endpoint. Further arguments are headers, "Name: value", that every request is sent with. Without Node or
// the package the test is skipped, but where the environment variable CI is "true" it fails.
//
// It starts a process: call it outside synctest bubbles.
func Run(t testkit.T, endpoint string, headers ...string) []Result {
	t.Helper()
	dir, ok := find("tools/audit")
	if _, err := exec.LookPath("node"); err != nil || !ok {
		const message = "the audits of GraphQL over HTTP are missing: install Node, and run npm ci in tools/audit"
		if os.Getenv("CI") == "true" {
			t.Fatalf(message)
			return nil
		}
		t.Skipf(message)
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{"audit.mjs", endpoint}, headers...)...) //nolint:gosec // G204: the test names the endpoint
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	var results []Result
	if err == nil {
		err = json.Unmarshal(out, &results)
	}
	if err != nil {
		t.Fatalf("the audits did not run: %v: %s", err, out)
	}
	return results
}

// find looks for the folder of the audits above the test's own, where they are installed.
func find(name string) (dir string, ok bool) {
	for above := "."; len(above) < 64; above = filepath.Join(above, "..") {
		dir = filepath.Join(above, name)
		if _, err := os.Stat(filepath.Join(dir, "node_modules", "graphql-http")); err == nil {
			return dir, true
		}
	}
	return "", false
}
