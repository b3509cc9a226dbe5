package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/journaltest"
)

// load lets writers advance a row each, so many times, and returns how many decisions went into a commit on the average.
func load(t testing.TB, disk *journaltest.Disk, writers, times int) float64 {
	t.Helper()
	s := openNew(t, Deps{Wrap: disk.Wrap})
	for n := range writers {
		insert(t, s, journal.Row{SagaID: fmt.Sprint(n), Key: fmt.Sprint(n), Data: make([]byte, 200), Request: make([]byte, 1000)})
	}
	before := disk.Commits()
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() {
			for i := range times {
				if err := s.Advance(t.Context(), fmt.Sprint(n), 1, journal.Step{Write: int64(i + 1), State: "X", Data: make([]byte, 200)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	return float64(writers*times) / float64(disk.Commits()-before)
}

// With a slow disk, what waits goes together.
func TestGroupCommit(t *testing.T) {
	if got := load(t, &journaltest.Disk{Delay: 2 * time.Millisecond}, 32, 20); got < 4 {
		t.Errorf("decisions per commit = %.1f; want at least 4", got)
	}
}

func BenchmarkAdvance(b *testing.B) {
	for _, delay := range []time.Duration{0, 2 * time.Millisecond} {
		for _, writers := range []int{1, 32} {
			b.Run(fmt.Sprintf("delay=%v/writers=%d", delay, writers), func(b *testing.B) {
				b.ReportMetric(load(b, &journaltest.Disk{Delay: delay}, writers, max(1, b.N/writers)), "decisions/commit")
			})
		}
	}
}

// A disk that fails costs its writes, not the store; one that loses answers is repeated to.
func TestABadDisk(t *testing.T) {
	disk := &journaltest.Disk{}
	s := openNew(t, Deps{Wrap: disk.Wrap})
	row := insert(t, s, journal.Row{SagaID: "a"})
	advance := func(state string) error {
		return s.Advance(t.Context(), "a", row.Epoch, journal.Step{Write: 1, State: state})
	}
	state := func() string {
		row, _, err := s.Show(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		return row.State
	}
	disk.Broken.Store(true)
	if err := advance("1"); !errors.Is(err, journal.ErrUnavailable) || !errors.Is(err, journaltest.ErrDisk) || state() != "" {
		t.Errorf("on a broken disk: %v, state %q", err, state())
	}
	disk.Broken.Store(false)
	disk.Deaf.Store(true)
	if err := advance("2"); !errors.Is(err, journal.ErrUnavailable) || errors.Is(err, journal.ErrNotWritten) || state() != "2" {
		t.Errorf("on a deaf disk: %v, state %q", err, state())
	}
	disk.Deaf.Store(false)
	if err := advance("2"); err != nil {
		t.Errorf("repeated: %v", err)
	}
}

// A write that can never succeed takes no other along.
func TestAWriteThatFailsIsAlone(t *testing.T) {
	s := openNew(t, Deps{})
	insert(t, s, journal.Row{SagaID: "a"})
	poison := errors.New("poison")
	good := func(write int64) op {
		return func(ctx context.Context, tx *sql.Tx) error {
			return s.advance(ctx, tx, "a", 1, journal.Step{Write: write, State: "X"})
		}
	}
	bad := func(context.Context, *sql.Tx) error { return poison }
	errs := s.commit([]op{good(1), bad, good(2)})
	if errs[0] != nil || !errors.Is(errs[1], poison) || !errors.Is(errs[1], journal.ErrNotWritten) || errs[2] != nil {
		t.Errorf("errors = %v; want only the second", errs)
	}
}

// The log is emptied by itself.
func TestTheLogIsEmptiedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openNew(t, Deps{})
		insert(t, s, journal.Row{SagaID: "a", Request: []byte("secret")})
		logSize := func() int64 {
			info, err := os.Stat(s.cfg.Path + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		}
		if logSize() == 0 {
			t.Error("the log is empty before its time")
		}
		<-time.After(s.cfg.CheckpointEvery + time.Second)
		if size := logSize(); size != 0 {
			t.Errorf("the log has %d bytes; want none", size)
		}
		closeStore(t, s)
	})
}

// What a closing step erases is in no file any more, whatever the size of the rows, once the log was emptied.
func TestErasedRequestsAreInNoFile(t *testing.T) {
	const secret = "1-Curry-Lane-tok_visa_4242"
	s := openNew(t, Deps{})
	if grep(t, s, secret) {
		t.Fatal("the secret is there before it is written")
	}
	for n := range 300 {
		insert(t, s, journal.Row{
			SagaID: fmt.Sprint(n), Key: fmt.Sprint(n), Data: make([]byte, n*7%400), Request: fmt.Appendf(make([]byte, n*37%9000), "%s", secret),
		})
	}
	s.checkpoint()
	if !grep(t, s, secret) {
		t.Fatal("the search does not find what is there")
	}
	for n := range 300 {
		n = n * 7 % 300
		if err := s.Advance(t.Context(), fmt.Sprint(n), 1, journal.Step{Write: 1, State: "CONFIRMED", Result: make([]byte, n*3%500+1)}); err != nil {
			t.Fatal(err)
		}
	}
	s.checkpoint()
	if grep(t, s, secret) {
		t.Error("the secret is still in the files")
	}
	closeStore(t, s)
	if grep(t, s, secret) {
		t.Error("the secret is in the files after closing")
	}
}

// grep searches the database and all beside it.
func grep(t *testing.T, s *Store, secret string) bool {
	t.Helper()
	err := exec.CommandContext(t.Context(), "sh", "-c", `grep -aqF -e "$1" "$2"*`, "sh", secret, s.cfg.Path).Run()
	exit := &exec.ExitError{}
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatal(err)
	}
	return err == nil
}
