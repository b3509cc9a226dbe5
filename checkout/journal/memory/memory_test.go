package memory_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/journaltest"
	"tiffin/checkout/journal/memory"
)

func TestConformance(t *testing.T) {
	clock := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock }
	journaltest.Run(t, journaltest.Harness{
		Open: func(*testing.T) journal.Driver { return memory.New(memory.Config{}, memory.Deps{Now: now}) },
		Now:  now,
		Pass: func(d time.Duration) { clock = clock.Add(d) },
	})
}

// Closed rows are forgotten oldest first; open ones are kept however old they are.
func TestForgets(t *testing.T) {
	s := memory.New(memory.Config{MaxClosed: 2}, memory.Deps{})
	for n := range 5 {
		r := journal.Row{SagaID: fmt.Sprint("saga", n), Kind: "PLACE", Key: fmt.Sprint(n)}
		if n > 0 {
			r.Result = []byte("done")
		}
		if _, inserted, err := s.Insert(t.Context(), r); !inserted || err != nil {
			t.Fatalf("Insert %d = %v, %v", n, inserted, err)
		}
	}
	for n, want := range []bool{true, false, false, true, true} {
		if _, found, _ := s.Find(t.Context(), "", "PLACE", fmt.Sprint(n)); found != want {
			t.Errorf("row %d found = %v; want %v", n, found, want)
		}
	}
}

// Without a clock of its own the store takes the real one.
func TestDefaultClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		row, _, _ := memory.New(memory.Config{}, memory.Deps{}).Insert(t.Context(), journal.Row{SagaID: "s"})
		if !row.Created.Equal(time.Now()) {
			t.Errorf("Created = %v; want %v", row.Created, time.Now())
		}
	})
}
