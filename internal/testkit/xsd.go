package testkit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// xmllintTimeout bounds one run of xmllint, which takes milliseconds.
const xmllintTimeout = 30 * time.Second

// XSD checks each XML document against the schema file with xmllint, which is
// found in the environment variable XMLLINT or on the PATH, and reports each one
// that is not valid. Without xmllint the test is skipped, but where the
// environment variable CI is "true" it fails.
//
// It starts processes: call it outside synctest bubbles.
func XSD(t T, schemaPath string, docs ...[]byte) {
	t.Helper()
	xmllint, ok := findXmllint()
	if !ok {
		missingXmllint(t)
		return
	}
	for i, doc := range docs {
		if err := lint(xmllint, schemaPath, doc); err != nil {
			t.Errorf("document %d of %d is not valid against %s: %v\n%s", i+1, len(docs), schemaPath, err, doc)
		}
	}
}

func findXmllint() (path string, ok bool) {
	name := os.Getenv("XMLLINT")
	if name == "" {
		name = "xmllint"
	}
	path, err := exec.LookPath(name)
	return path, err == nil
}

func missingXmllint(t T) {
	t.Helper()
	const message = "xmllint is missing, so XML is not checked against its schema: install libxml2-utils, or name the program in XMLLINT"
	if os.Getenv("CI") == "true" {
		t.Fatalf(message)
		return
	}
	t.Skipf(message)
}

// lint runs xmllint without the network; its error holds what xmllint said.
func lint(xmllint, schemaPath string, doc []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), xmllintTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, xmllint, "--nonet", "--noout", "--schema", schemaPath, "-") //nolint:gosec // G204: the test names the program and the schema
	cmd.Stdin = bytes.NewReader(doc)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
