//go:build unix

// Command orderchaos runs the drills of package crash: "orderchaos [-kills N] PROGRAM" kills gateways of the built tiffin PROGRAM N times over a
// journal in a file, as often over one in a database that two of them share, and does worse to them in proportion. Its last line sums up;
// it exits with 1 where a promise was broken, and where the drills showed too little.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tiffin/internal/drill/crash"
	"tiffin/internal/drill/nextrelease"
	"tiffin/internal/testkit/pgtest"
)

// longest bounds the whole, start and stop included.
const longest = time.Hour

const (
	exitBroken = 1
	exitUsage  = 2
)

func main() {
	kills := flag.Int("kills", 200, "kills of each of the two big drills")
	only := flag.String("only", "", "run only the drills whose names begin so")
	flag.Parse()
	if flag.NArg() != 1 || *kills < 1 {
		flag.Usage()
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, longest)
	passed, err := run(ctx, flag.Arg(0), plans(*kills, *only), os.Stdout)
	cancel()
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "orderchaos:", err)
	}
	if err != nil || !passed {
		os.Exit(exitBroken)
	}
}

// plans are all drills for so many kills.
func plans(kills int, only string) []crash.Plan {
	const customers = 12
	part := func(of int) int { return max(1, kills/of) }
	var chosen []crash.Plan
	for _, plan := range []crash.Plan{
		{Name: "sqlite, killed", Journal: crash.SQLite, Gateways: 1, Kills: kills, Hits: kills * 3 / 4},
		{Name: "sqlite, lost", Journal: crash.SQLite, Gateways: 1, Losses: part(20)},
		{Name: "postgres, killed", Journal: crash.Postgres, Gateways: 2, Kills: kills, Hits: kills * 3 / 4},
		{Name: "postgres, zombies", Journal: crash.Postgres, Gateways: 2, Zombies: part(4)},
		{Name: "postgres, crashing", Journal: crash.Postgres, Gateways: 2, Crashes: part(20)},
		{
			Name: "postgres, everything", Journal: crash.Postgres, Gateways: 2,
			Kills: part(10), Zombies: part(20), Crashes: part(40),
		},
		{Name: "postgres, two releases", Journal: crash.Postgres, Gateways: 2, Releases: true, Kills: part(5), Hits: part(5) * 3 / 4},
		{Name: "control: memory, killed", Journal: crash.Memory, Gateways: 1, Kills: max(3, part(20)), Control: true},
	} {
		plan.Customers = customers
		if strings.HasPrefix(plan.Name, only) {
			chosen = append(chosen, plan)
		}
	}
	return chosen
}

// run carries the plans out one after the other, as long as they can be, and reports whether all passed.
func run(ctx context.Context, program string, plans []crash.Plan, out io.Writer) (passed bool, err error) {
	dir, err := os.MkdirTemp("", "orderchaos")
	if err != nil {
		return false, err
	}
	var reports []*crash.Report
	passed = true
	for n, plan := range plans {
		report, failure := carryOut(ctx, program, plan, filepath.Join(dir, strconv.Itoa(n)))
		passed = passed && failure == nil && report.Passed()
		if failure != nil {
			err = errors.Join(err, failure)
		}
		if report != nil {
			reports = append(reports, report)
			_, _ = fmt.Fprintf(out, "%s: %v\n", plan.Name, report.Took.Round(time.Second)) // for whoever waits
		}
	}
	if passed {
		err = errors.Join(err, os.RemoveAll(dir))
	} else {
		_, _ = fmt.Fprintln(out, "the logs are in", dir)
	}
	if err := errors.Join(err, crash.Table(out, reports)); err != nil {
		return false, err
	}
	_, err = fmt.Fprintln(out, crash.Sum(reports))
	return passed, err
}

func carryOut(ctx context.Context, program string, plan crash.Plan, dir string) (report *crash.Report, err error) {
	house := &house{}
	defer func() {
		house.close()
		err = errors.Join(err, house.failure)
	}()
	var db crash.Database
	if plan.Journal == crash.Postgres {
		server := pgtest.Start(house) // its bounds are its own
		if house.failure != nil {
			return nil, nil //nolint:nilnil // the failure is the error, below
		}
		db = server
	}
	p := crash.Program{Path: program}
	if plan.Releases {
		if p.Next, err = next(ctx, dir); err != nil {
			return nil, err
		}
	}
	return crash.Run(ctx, p, plan, db, dir)
}

// next builds the program of the next release, in the drill's directory.
func next(ctx context.Context, dir string) (program string, err error) {
	program = filepath.Join(dir, "next-release")
	return program, errors.Join(os.MkdirAll(dir, 0o700), nextrelease.Build(ctx, dir, program))
}

// house is the test that pgtest believes to be in.
type house struct {
	failure  error
	cleanups []func()
}

func (*house) Helper()            {}
func (h *house) Cleanup(f func()) { h.cleanups = append(h.cleanups, f) }
func (h *house) Errorf(format string, args ...any) {
	h.failure = errors.Join(h.failure, fmt.Errorf(format, args...))
}
func (h *house) Fatalf(format string, args ...any) { h.Errorf(format, args...) }
func (h *house) Skipf(format string, args ...any)  { h.Errorf(format, args...) }

func (h *house) close() {
	for _, cleanup := range h.cleanups {
		cleanup()
	}
}
