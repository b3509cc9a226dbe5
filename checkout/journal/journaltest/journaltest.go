// Package journaltest is the conformance suite of journals: every [journal.Driver] passes it. Beside it are a store and a database
// that misbehave, for tests of whoever uses them.
//
//	journaltest.go  the harness                 keeping.go   what operators and retention see
//	rows.go         inserting, advancing        trouble.go   crowds, lost answers, callers who give up
//	writes.go       writes that come twice or late
//	hands.go        taking, claiming, leases    model.go     any sequence of calls, against the journal in memory
//	lossy.go        a store that loses answers  disk.go      a database on a slow or a broken disk
package journaltest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"tiffin/checkout/journal"
)

// Harness is a driver under test.
type Harness struct {
	// Open returns an open and empty store whose clock is Now; it is closed by t's cleanup.
	Open func(t *testing.T) journal.Driver
	// Reopen closes a store of Open's and opens another one on what it kept; nil for one that keeps nothing.
	Reopen func(t *testing.T, s journal.Driver) journal.Driver
	// Now is the store's clock.
	Now func() time.Time
	// Pass lets the store's clock go on by d.
	Pass func(d time.Duration)
	// Shared says that the store tells living owners from those that are gone; else every owner but the asking one is gone.
	Shared bool
}

const (
	me    = "owner-a"
	other = "owner-b"
)

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	checks := slices.Concat(
		insertChecks(), valueChecks(), advanceChecks(), repeatChecks(), numberChecks(), takeChecks(), claimChecks(), crowdedClaimChecks(),
		keepingChecks(), troubleChecks(), modelChecks(),
	)
	if h.Shared {
		checks = append(checks, leaseChecks()...)
	}
	if h.Reopen != nil {
		checks = append(checks, durableChecks()...)
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.run(fixture{T: t, h: h, s: h.Open(t)}) })
	}
}

type check struct {
	name string
	run  func(f fixture)
}

// fixture is one check's test and store, with the few verbs that the checks are written in.
type fixture struct {
	*testing.T
	h Harness
	s journal.Driver
}

func (f fixture) ctx() context.Context { return f.Context() }

// row is a fresh open row, all of whose fields a driver must bring back.
func row(n int) journal.Row {
	return journal.Row{
		SagaID: fmt.Sprintf("saga%02d", n), Kind: "PLACE", Version: 1, Scope: `["","issuer","alice"]`, Key: fmt.Sprintf("key-%d", n),
		Fingerprint: "v1:abc", Request: []byte("request\x00\xff"), State: "STARTED", Data: []byte(`{"n":1}`), Owner: me,
	}
}

func (f fixture) insert(r journal.Row) journal.Row {
	f.Helper()
	stored, inserted, err := f.s.Insert(f.ctx(), r)
	if err != nil || !inserted {
		f.Fatalf("Insert = inserted %v, error %v; want a new row", inserted, err)
	}
	return stored
}

func (f fixture) find(r journal.Row) journal.Row {
	f.Helper()
	found, ok, err := f.s.Find(f.ctx(), r.Scope, r.Kind, r.Key)
	if err != nil || !ok {
		f.Fatalf("Find = found %v, error %v; want the row", ok, err)
	}
	return found
}

// advance makes the write that comes next, whatever was written since r was read.
func (f fixture) advance(r journal.Row, step journal.Step) {
	f.Helper()
	step.Write = f.find(r).Writes + 1
	if err := f.s.Advance(f.ctx(), r.SagaID, r.Epoch, step); err != nil {
		f.Fatalf("Advance: %v", err)
	}
}

func (f fixture) claim(c journal.Claim) []journal.Row {
	f.Helper()
	if c.Limit == 0 {
		c.Limit = 64
	}
	if c.Version == 0 {
		c.Version = 1
	}
	rows, err := f.s.Claim(f.ctx(), c)
	if err != nil {
		f.Fatalf("Claim: %v", err)
	}
	return rows
}

// bury makes me count as gone.
func (f fixture) bury() {
	f.Helper()
	if err := f.s.Release(f.ctx(), me); err != nil {
		f.Fatalf("Release: %v", err)
	}
}

func (f fixture) equal(got, want any, what string) {
	f.Helper()
	if !reflect.DeepEqual(got, want) {
		f.Errorf("%s = %+v; want %+v", what, got, want)
	}
}

func (f fixture) ids(rows []journal.Row) []string {
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.SagaID)
	}
	return ids
}

// together runs fn n times at once and returns how many of the calls reported success.
func together(n int, fn func(i int) bool) int {
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		succeed int
	)
	for i := range n {
		group.Go(func() {
			ok := fn(i)
			mu.Lock()
			defer mu.Unlock()
			if ok {
				succeed++
			}
		})
	}
	group.Wait()
	return succeed
}
