package batch_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// disk takes a second for each commit, and remembers what was in it.
type disk struct {
	groups [][]int
	tidied atomic.Int64
}

var errOdd = errors.New("odd")

func (d *disk) commit(ops []int) []error {
	<-time.After(time.Second)
	d.groups = append(d.groups, slices.Clone(ops))
	errs := make([]error, len(ops))
	for i, op := range ops {
		if op%2 == 1 {
			errs[i] = errOdd
		}
	}
	return errs
}

func start(d *disk, cfg batch.Config) *batch.Queue[int] {
	q := batch.New(cfg, batch.Deps[int]{Commit: d.commit, Tidy: func() { d.tidied.Add(1) }})
	q.Start()
	return q
}

// What waits while a commit runs goes into the next one, up to the bound, in order; each op hears its own error.
func TestGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		q := start(d, batch.Config{Waiting: 10, Most: 3})
		for op := range 6 {
			go func() {
				if err := q.Do(t.Context(), op); (op%2 == 1) != errors.Is(err, errOdd) {
					t.Errorf("Do(%d) = %v", op, err)
				}
			}()
			synctest.Wait()
		}
		q.Close()
		if want := [][]int{{0}, {1, 2, 3}, {4, 5}}; !slices.EqualFunc(d.groups, want, slices.Equal) {
			t.Errorf("groups = %v; want %v", d.groups, want)
		}
	})
}

func TestAFullQueueRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		q := start(d, batch.Config{Waiting: 2, Most: 10})
		for op := range 3 { // one in its commit, two waiting
			go q.Do(t.Context(), 2*op)
			synctest.Wait()
		}
		if err := q.Do(t.Context(), 8); !errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("Do = %v; want ErrNotWritten", err)
		}
		q.Close()
	})
}

// Who gives up before its turn is left out, and knows it; who gives up during the commit cannot know.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		q := start(d, batch.Config{Waiting: 10, Most: 10})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		errs := make(chan error, 1)
		go func() { errs <- q.Do(ctx, 0) }()
		synctest.Wait()
		if err := q.Do(ctx, 2); !errors.Is(err, journal.ErrNotWritten) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting: %v; want ErrNotWritten", err)
		}
		if err := <-errs; !errors.Is(err, journal.ErrUnavailable) || errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("in its commit: %v; want ErrUnavailable that leaves it open", err)
		}
		if err := q.Do(ctx, 4); !errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("too late: %v; want ErrNotWritten", err)
		}
		q.Close()
		if want := [][]int{{0}}; !slices.EqualFunc(d.groups, want, slices.Equal) {
			t.Errorf("groups = %v; want %v", d.groups, want)
		}
	})
}

// What was accepted before Close is committed; what comes after is not.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		q := start(d, batch.Config{Waiting: 10, Most: 1})
		for op := range 3 {
			go func() {
				if err := q.Do(t.Context(), 2*op); err != nil {
					t.Errorf("Do(%d) = %v", op, err)
				}
			}()
		}
		synctest.Wait()
		q.Close()
		q.Close()
		q.Start()
		if len(d.groups) != 3 {
			t.Errorf("groups = %v; want three", d.groups)
		}
		if err := q.Do(t.Context(), 8); !errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("Do after Close = %v", err)
		}
	})
}

func TestBeforeStart(t *testing.T) {
	q := batch.New(batch.Config{Waiting: 1, Most: 1}, batch.Deps[int]{})
	if err := q.Do(t.Context(), 0); !errors.Is(err, journal.ErrNotWritten) {
		t.Errorf("Do = %v; want ErrNotWritten", err)
	}
	q.Close()
	q.Close()
}

// Tidying follows the first commit after a while, once for all commits between, and closing.
func TestTidy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		q := start(d, batch.Config{Waiting: 10, Most: 10, TidyAfter: 10 * time.Second})
		tidied := func(when string, want int64) {
			t.Helper()
			synctest.Wait()
			if got := d.tidied.Load(); got != want {
				t.Errorf("%s: tidied %d times; want %d", when, got, want)
			}
		}
		<-time.After(time.Minute)
		tidied("without a commit", 0)
		for range 3 {
			_ = q.Do(t.Context(), 0)
		}
		tidied("at once", 0)
		<-time.After(9 * time.Second)
		tidied("10 s after the first commit", 1)
		<-time.After(time.Minute)
		tidied("much later", 1)
		_ = q.Do(t.Context(), 0)
		q.Close()
		tidied("on closing", 2)
	})
}

func TestIsolate(t *testing.T) {
	poison := errors.New("poison")
	for _, c := range []struct {
		name  string
		ops   []int
		calls int
	}{{"nobody is spoilt", []int{0, 2, 4}, 1}, {"one spoils it", []int{0, 1, 4}, 4}, {"one alone", []int{1}, 1}} {
		calls := 0
		errs := batch.Isolate(c.ops, func(ops []int) ([]error, bool) {
			calls++
			errs := make([]error, len(ops))
			bad := slices.ContainsFunc(ops, func(op int) bool { return op%2 == 1 })
			for i := range errs {
				if bad {
					errs[i] = poison
				}
			}
			return errs, bad
		})
		for i, op := range c.ops {
			if (op%2 == 1) != (errs[i] != nil) {
				t.Errorf("%s: errors = %v", c.name, errs)
			}
		}
		if calls != c.calls {
			t.Errorf("%s: %d calls; want %d", c.name, calls, c.calls)
		}
	}
}
