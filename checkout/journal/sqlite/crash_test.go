package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"tiffin/checkout/journal"
)

const (
	victimEnv = "SQLITE_JOURNAL_VICTIM"
	sagas     = 8
)

// victim writes for as long as it lives, and says what was acknowledged: "saga step" a line.
func victim(path string) {
	s := New(config(path), Deps{})
	if err := s.Open(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var out sync.Mutex
	say := func(saga string, step int) {
		out.Lock()
		defer out.Unlock()
		fmt.Fprintln(os.Stdout, saga, step)
	}
	for n := range sagas {
		go func() {
			id := fmt.Sprint("saga", n)
			row, _, err := s.Insert(context.Background(), journal.Row{SagaID: id, Key: id, Owner: "victim", Request: []byte("r")})
			for step := 0; err == nil; step++ {
				say(id, step)
				err = s.Advance(context.Background(), id, row.Epoch, journal.Step{Write: int64(step + 1), State: fmt.Sprint(step + 1)})
			}
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}()
	}
	select {}
}

// What was acknowledged survives kill -9, at most one step more does, and the next process can claim it all.
func TestKilledWhileWriting(t *testing.T) {
	for round, lines := range []int{1, 50, 500, 2000} {
		path := filepath.Join(t.TempDir(), "journal.db")
		acked := killAfter(t, path, lines)
		s := open(t, config(path), Deps{})
		for saga, step := range acked {
			row, found, err := s.Show(t.Context(), saga)
			if !found || err != nil {
				t.Fatalf("round %d: %s: %v, %v; it was acknowledged", round, saga, found, err)
			}
			var state int
			fmt.Sscan(row.State, &state)
			if state < step {
				t.Errorf("round %d: %s is at step %d; %d was acknowledged", round, saga, state, step)
			}
		}
		rows, err := s.Claim(t.Context(), journal.Claim{Owner: "heir", Version: 1, Limit: 64})
		if err != nil || len(rows) < len(acked) {
			t.Errorf("round %d: claimed %d rows, %v; want at least %d", round, len(rows), err, len(acked))
		}
		closeStore(t, s)
	}
}

// killAfter runs a victim until it has acknowledged so many writes, kills it, and returns each saga's last.
func killAfter(t *testing.T, path string, lines int) map[string]int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked := map[string]int{}
	for read := bufio.NewScanner(out); read.Scan(); {
		var saga string
		var step int
		if n, _ := fmt.Sscan(read.Text(), &saga, &step); n == 2 {
			acked[saga] = step
		}
		if lines--; lines == 0 {
			cmd.Process.Signal(syscall.SIGKILL)
		}
	}
	cmd.Wait()
	if lines > 0 {
		t.Fatalf("the victim died of something else, %d lines early", lines)
	}
	return acked
}

// A power cut tears the log anywhere: what is left is the state after some commit, whole, and the later the cut the later the commit.
func TestATornLogLosesOnlyItsEnd(t *testing.T) {
	const steps, pieces = 40, 8
	s := openNew(t, Deps{})
	row := insert(t, s, journal.Row{SagaID: "a", State: "-1", Request: []byte("r")})
	s.checkpoint()
	for n := range steps {
		if err := s.Advance(t.Context(), "a", row.Epoch, journal.Step{Write: int64(n + 1), State: strconv.Itoa(n)}); err != nil {
			t.Fatal(err)
		}
	}
	database, log := snapshot(t, s.cfg.Path), snapshot(t, s.cfg.Path+"-wal")
	stepAfter := func(cut int) (int, error) {
		path := filepath.Join(t.TempDir(), "journal.db")
		writeFile(t, path, database)
		writeFile(t, path+"-wal", log[:cut])
		torn := New(config(path), Deps{})
		if err := torn.Open(t.Context()); err != nil {
			return 0, err
		}
		defer torn.Close()
		row, found, err := torn.Show(t.Context(), "a")
		if err != nil || !found || string(row.Request) != "r" {
			return 0, fmt.Errorf("row %+v, %v, %w", row, found, err)
		}
		return strconv.Atoi(row.State)
	}
	var at [pieces + 1]int // the step after a cut at each eighth of the log
	for n := range at {
		var err error
		if at[n], err = stepAfter(len(log) * n / pieces); err != nil {
			t.Fatal(err)
		}
	}
	if at[0] != -1 || at[pieces] != steps-1 || !slices.IsSorted(at[:]) || len(slices.Compact(slices.Clone(at[:]))) < pieces {
		t.Errorf("the steps after cuts along the log: %v; want them to rise from -1 to %d", at, steps-1)
	}
	rapid.Check(t, func(rt *rapid.T) {
		cut := rapid.IntRange(0, len(log)).Draw(rt, "cut")
		got, err := stepAfter(cut)
		if piece := min(cut*pieces/len(log), pieces-1); err != nil || got < at[piece] || got > at[piece+1] {
			rt.Fatalf("cut at %d of %d: step %d, %v; want one of %d to %d", cut, len(log), got, err, at[piece], at[piece+1])
		}
	})
}

// snapshot copies a file with another process: closing a handle of our own would drop SQLite's locks.
func snapshot(t *testing.T, path string) []byte {
	t.Helper()
	bytes, err := exec.CommandContext(t.Context(), "cat", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
