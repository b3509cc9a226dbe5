package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// asProgram makes the test's executable behave as tiffin: processes of a test are the code under test, race detector included.
const asProgram = "TIFFIN_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"tiffin": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			schema, err := os.ReadFile("../../schema.graphqls")
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "schema.graphqls"), schema, 0o600)
		},
	})
}

// Scripts tell wrong use (2) from a failure (1).
func TestExitCodes(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("colour: blue\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]int{
		"--help":                          0,
		"serve --help":                    0,
		"version":                         0,
		"schema":                          0,
		"":                                2,
		"serv":                            2,
		"serve --confg x":                 2,
		"serve extra":                     2,
		"demo --base-port many":           2,
		"config":                          2,
		"config check " + bad:             1,
		"config show --config " + bad:     1,
		"serve --config " + bad:           1,
		"serve --config missing.yaml":     1,
		"demo --base-port 70000":          1,
		"orders":                          2,
		"orders show":                     2,
		"orders list --admin 127.0.0.1:1": 1,
	} {
		var out, err bytes.Buffer
		if got := run(t.Context(), strings.Fields(line), console{&out, &err}); got != want {
			t.Errorf("tiffin %s: exit code %d, want %d\n%s%s", line, got, want, out.String(), err.String())
		}
		if lines := strings.Count(err.String(), "\n"); want == 2 && lines != 1 {
			t.Errorf("tiffin %s: %d lines instead of one: %s", line, lines, err.String())
		}
	}
}
