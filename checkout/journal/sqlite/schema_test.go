package sqlite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/schema"
)

var t0 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// later is what a release to come may do: a column that this one does not know.
func later(oldest int) []schema.Change {
	return append(changes(), schema.Change{Version: 3, Oldest: oldest, SQL: `ALTER TABLE placement ADD COLUMN note TEXT`})
}

// An older program works with tables that a newer one expanded, and leaves those alone that it contracted.
func TestTablesOfANewerProgram(t *testing.T) {
	for oldest, refused := range map[int]bool{1: false, 2: false, 3: true} {
		s := openNew(t, Deps{})
		insert(t, s, journal.Row{SagaID: "a"})
		if err := migrate(t.Context(), s.writer, later(oldest), s.cfg.Path); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		again := New(s.cfg, Deps{})
		err := again.Open(t.Context())
		if got := err != nil; got != refused {
			t.Errorf("Oldest %d: error = %v; want refused %v", oldest, err, refused)
		}
		if refused {
			continue
		}
		if _, found, err := again.Show(t.Context(), "a"); !found || err != nil {
			t.Errorf("Show = %v, %v", found, err)
		}
		closeStore(t, again)
	}
}

// A change that fails leaves the tables as they were.
func TestAChangeIsMadeWhollyOrNotAtAll(t *testing.T) {
	s := openNew(t, Deps{})
	broken := append(later(1), schema.Change{Version: 4, Oldest: 1, SQL: `ALTER TABLE nobody ADD COLUMN note TEXT`})
	if err := migrate(t.Context(), s.writer, broken, s.cfg.Path); err == nil || !strings.Contains(err.Error(), "version 4") {
		t.Fatalf("error = %v", err)
	}
	var columns int
	if err := s.reader.QueryRow(`SELECT count(*) FROM pragma_table_info('placement')`).Scan(&columns); err != nil || columns != 17 {
		t.Errorf("columns = %d, %v; want the 17 of version 2", columns, err)
	}
	if err := migrate(t.Context(), s.writer, later(1), s.cfg.Path); err != nil {
		t.Error(err)
	}
}

func TestVersionsCountUp(t *testing.T) {
	all := changes()
	for n, change := range all {
		if change.Version != n+1 || change.Oldest < 1 || change.Oldest > change.Version {
			t.Errorf("change %d = %+v", n, change)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b schema.Change) int { return a.Oldest - b.Oldest }) {
		t.Error("Oldest goes back")
	}
}

// Sweeps and retention must not read the table from end to end.
func TestSearchesUseTheIndexes(t *testing.T) {
	s := openNew(t, Deps{})
	for query, index := range map[string]string{
		`SELECT saga_id FROM placement WHERE closed IS NULL ORDER BY created, saga_id LIMIT 64`:          "placement_open",
		`SELECT saga_id FROM placement WHERE closed IS NOT NULL AND closed <= 1 ORDER BY closed LIMIT 5`: "placement_closed",
	} {
		var id, parent, unused int
		var plan string
		if err := s.reader.QueryRow("EXPLAIN QUERY PLAN "+query).Scan(&id, &parent, &unused, &plan); err != nil || !strings.Contains(plan, index) {
			t.Errorf("%s: %s, %v; want index %s", query, plan, err, index)
		}
	}
}
