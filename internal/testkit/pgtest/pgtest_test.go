//go:build unix

package pgtest_test

import (
	"strings"
	"testing"

	"tiffin/internal/testkit"
	"tiffin/internal/testkit/pgtest"
)

func TestAServerLivesAndDies(t *testing.T) {
	server := pgtest.Start(t)
	for name, end := range map[string]func() error{"stop": server.Stop, "crash": server.Crash} {
		if err := end(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := end(); err != nil {
			t.Errorf("%s twice: %v", name, err)
		}
		if err := server.Start(); err != nil {
			t.Errorf("start after %s: %v", name, err)
		}
	}
	if log := server.Log(); !strings.Contains(log, "was not properly shut down; automatic recovery in progress") {
		t.Errorf("log = %s; want a recovery", log)
	}
}

// Where PostgreSQL is missing, tests say what they leave out, and fail where that must not be.
func TestMissing(t *testing.T) {
	t.Setenv("POSTGRES_BIN", t.TempDir())
	for ci, want := range map[string]func(*testkit.FakeT) []string{
		"":     func(t *testkit.FakeT) []string { return t.Skips },
		"true": func(t *testkit.FakeT) []string { return t.Fatals },
	} {
		t.Setenv("CI", ci)
		fake := &testkit.FakeT{}
		pgtest.Start(fake)
		if said := want(fake); len(said) != 1 || !strings.Contains(said[0], "install postgresql") {
			t.Errorf("CI=%q: said %v", ci, said)
		}
	}
}
