//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tiffin/internal/drill/crash"
	"tiffin/internal/testkit/pgtest"
)

// The short form of `make chaos`: gateways are killed, stopped past their lease, and their database crashes, while customers order. The
// last drill, without a journal, shows that what is counted can be wrong.
func TestOrdersOutliveTheirGateways(t *testing.T) {
	const customers = 8
	for _, plan := range []crash.Plan{
		{Name: "sqlite", Journal: crash.SQLite, Gateways: 1, Kills: 6, Hits: 4},
		{Name: "postgres", Journal: crash.Postgres, Gateways: 2, Kills: 3, Zombies: 1, Crashes: 1, Hits: 2},
		{Name: "control", Journal: crash.Memory, Gateways: 1, Kills: 3, Control: true},
	} {
		plan.Customers = customers
		t.Run(plan.Name, func(t *testing.T) {
			var db crash.Database
			if plan.Journal == crash.Postgres {
				db = pgtest.Start(t, "fsync=off") // no power is cut
			}
			report, err := crash.Run(bounded(t), itself(t), plan, db, filepath.Join(t.TempDir(), "drill"))
			if err != nil {
				t.Fatal(err)
			}
			var table strings.Builder
			if err := crash.Table(&table, []*crash.Report{report}); err != nil {
				t.Fatal(err)
			}
			if t.Log(table.String()); !report.Passed() {
				t.Error("promises were broken, or too little was shown")
			}
		})
	}
}

// itself is the test's executable as tiffin: the code under test, race detector included.
func itself(t *testing.T) crash.Program {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return crash.Program{Path: path, Env: []string{asProgram + "=1"}}
}

// bounded ends a drill that comes to no end.
func bounded(t *testing.T) context.Context {
	t.Helper()
	const longest = 5 * time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	t.Cleanup(cancel)
	return ctx
}
