package lease_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/lease"
	"tiffin/checkout/journal/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// leases is a store's side: it can be down, and slow.
type leases struct {
	began time.Time

	mu       sync.Mutex
	down     error
	slow     time.Duration
	beats    []time.Duration // since began
	released []string
}

func (l *leases) set(down error, slow time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down, l.slow = down, slow
}

func (l *leases) Beat(ctx context.Context, owner string, ttl time.Duration) error {
	if owner != "me" || ttl != 10*time.Second {
		return errors.New("not mine")
	}
	l.mu.Lock()
	l.beats = append(l.beats, time.Since(l.began))
	down, slow := l.down, l.slow
	l.mu.Unlock()
	select {
	case <-time.After(slow):
		return down
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *leases) Release(_ context.Context, owner string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.released = append(l.released, owner)
	return l.down
}

var errDown = errors.New("down")

// run lets a lease run for the time of a test.
func run(t *testing.T, fn func(l *lease.Lease, store *leases, failures *int)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store, failures := &leases{began: time.Now()}, 0
		l := lease.New(lease.Defaults(), lease.Deps{Owner: "me", Leases: store, OnError: func(context.Context, error) { failures++ }})
		if l.Held() || l.Calm() {
			t.Error("held before the first beat")
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx) }()
		synctest.Wait()
		fn(l, store, &failures)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func standing(t *testing.T, l *lease.Lease, when string, held, calm bool) {
	t.Helper()
	if l.Held() != held || l.Calm() != calm {
		t.Errorf("%s: held %v, calm %v; want %v, %v", when, l.Held(), l.Calm(), held, calm)
	}
}

func TestItBeatsAtOnceAndEachQuarter(t *testing.T) {
	run(t, func(l *lease.Lease, store *leases, failures *int) {
		standing(t, l, "after the first beat", true, true)
		pass(10 * time.Second)
		standing(t, l, "later", true, true)
		const s = time.Second / 10
		if want := []time.Duration{0, 25 * s, 50 * s, 75 * s, 100 * s}; !slices.Equal(store.beats, want) || *failures != 0 {
			t.Errorf("beats at %v, %d failed; want %v", store.beats, *failures, want)
		}
	})
}

// Out of the store's reach it holds on until its last beat's time is over; back again it holds at once, and leaves the others a TTL.
func TestTheStoreGoesAway(t *testing.T) {
	run(t, func(l *lease.Lease, store *leases, failures *int) {
		store.set(errDown, 0)
		pass(9 * time.Second)
		standing(t, l, "9 s after the last beat that arrived", true, false)
		pass(2 * time.Second)
		standing(t, l, "11 s after it", false, false)
		if *failures != 4 {
			t.Errorf("failures heard = %d; want 4", *failures)
		}
		store.set(nil, 0)
		pass(2 * time.Second) // the beat at 12.5 s
		standing(t, l, "back", true, false)
		pass(9 * time.Second)
		standing(t, l, "less than a TTL after it was back", true, false)
		pass(time.Second)
		standing(t, l, "a TTL after it was back", true, true)
	})
}

// Who finds the store out of reach before the first beat leaves the others a TTL, too.
func TestTheStoreIsAwayAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lease.New(lease.Defaults(), lease.Deps{Owner: "me", Leases: &leases{began: time.Now()}})
		l.Doubt()
		if err := l.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		standing(t, l, "after the first beat", true, false)
		pass(9 * time.Second)
		_ = l.Beat(t.Context())
		standing(t, l, "less than a TTL later", true, false)
		pass(time.Second)
		standing(t, l, "a TTL later", true, true)
	})
}

// A beat counts from when it was sent, and does not wait for ever.
func TestASlowStore(t *testing.T) {
	run(t, func(l *lease.Lease, store *leases, failures *int) {
		store.set(nil, 2*time.Second)
		pass(5 * time.Second) // the beat of 2.5 s was answered at 4.5 s; that of 5 s is under way
		store.set(nil, time.Hour)
		pass(7 * time.Second)
		standing(t, l, "within 10 s of the beat of 5 s, answered at 7 s", true, false)
		pass(3*time.Second + 1)
		standing(t, l, "10 s after it was sent", false, false)
		if *failures == 0 {
			t.Error("a beat that takes for ever was not given up")
		}
	})
}

// A process that stood still finds out by its own clock.
func TestStandingStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &leases{began: time.Now()}
		l := lease.New(lease.Defaults(), lease.Deps{Owner: "me", Leases: store})
		if err := l.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		standing(t, l, "after standing still", false, false)
		if err := l.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		standing(t, l, "after the next beat", true, false)
		pass(9 * time.Second)
		if err := l.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		standing(t, l, "a TTL later", true, true)
	})
}

// A store that is away when the process starts has been away for the others, too.
func TestStartingWithoutTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &leases{began: time.Now(), down: errDown}
		l := lease.New(lease.Defaults(), lease.Deps{Owner: "me", Leases: store})
		if err := l.Beat(t.Context()); !errors.Is(err, errDown) {
			t.Errorf("Beat = %v", err)
		}
		standing(t, l, "without the store", false, false)
		store.set(nil, 0)
		if err := l.Beat(t.Context()); err != nil {
			t.Error(err)
		}
		standing(t, l, "with it", true, false)
	})
}

func TestRelease(t *testing.T) {
	run(t, func(l *lease.Lease, store *leases, _ *int) {
		if err := l.Release(t.Context()); err != nil {
			t.Error(err)
		}
		standing(t, l, "released", false, false)
		store.set(errDown, 0)
		if err := l.Release(t.Context()); !errors.Is(err, errDown) {
			t.Errorf("Release = %v", err)
		}
		if !slices.Equal(store.released, []string{"me", "me"}) {
			t.Errorf("released %v", store.released)
		}
	})
}

func TestGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := memory.New(memory.Config{}, memory.Deps{})
		store := &leases{began: time.Now()}
		l := lease.New(lease.Defaults(), lease.Deps{Owner: "me", Leases: store})
		guarded := l.Guard(inner)
		parked := journal.Row{SagaID: "a", Owner: "gone", Due: time.Now().Add(time.Hour)}
		driven := journal.Row{SagaID: "b", Key: "b", Owner: "gone"}
		for _, r := range []journal.Row{parked, driven} {
			if _, _, err := inner.Insert(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		claimed := func() int {
			rows, err := guarded.Claim(t.Context(), journal.Claim{Owner: "me", Limit: 10})
			if err != nil {
				t.Error(err)
			}
			return len(rows)
		}

		_, inserted, err := guarded.Insert(t.Context(), journal.Row{SagaID: "c", Key: "c"})
		if inserted || !errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("Insert without the lease = %v, %v", inserted, err)
		}
		if _, err := guarded.Take(t.Context(), "a", 1, "me"); !errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("Take without the lease = %v", err)
		}
		if n := claimed(); n != 0 {
			t.Errorf("claimed %d without the lease", n)
		}
		if err := guarded.Advance(t.Context(), "b", 1, journal.Step{Write: 1, State: "X"}); err != nil {
			t.Errorf("Advance without the lease: %v", err)
		}
		if _, found, err := guarded.Find(t.Context(), "", "", "b"); !found || err != nil {
			t.Errorf("Find without the lease = %v, %v", found, err)
		}

		if err := l.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, inserted, err := guarded.Insert(t.Context(), journal.Row{SagaID: "c", Key: "c", Owner: "me"}); !inserted || err != nil {
			t.Errorf("Insert = %v, %v", inserted, err)
		}
		if _, err := guarded.Take(t.Context(), "a", 1, "me"); err != nil {
			t.Errorf("Take: %v", err)
		}
		if n := claimed(); n == 0 {
			t.Error("claimed nothing with the lease")
		}
	})
}

func TestValidate(t *testing.T) {
	if problems := lease.Defaults().Validate(); problems != nil {
		t.Errorf("defaults: %v", problems)
	}
	for _, ttl := range []time.Duration{0, time.Millisecond, time.Hour} {
		if problems := (lease.Config{TTL: ttl}).Validate(); len(problems) != 1 {
			t.Errorf("%v: %v", ttl, problems)
		}
	}
}
