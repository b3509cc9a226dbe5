package memory

import (
	"context"
	"maps"
	"slices"
	"time"

	"tiffin/checkout/journal"
)

// Open implements [journal.Driver]: there is nothing to open.
func (*Store) Open(context.Context) error { return nil }

// Close implements [journal.Driver]. The store can be used afterwards: there is nothing to give back.
func (*Store) Close() error { return nil }

// Beat implements [journal.Leases]: one process needs no sign of life.
func (*Store) Beat(context.Context, string, time.Duration) error { return nil }

// Release implements [journal.Leases].
func (*Store) Release(context.Context, string) error { return nil }

// Show implements [journal.Keeper].
func (s *Store) Show(_ context.Context, sagaID string) (journal.Row, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.rows[sagaID]
	if row == nil {
		return journal.Row{}, false, nil
	}
	return clone(*row), true, nil
}

// ListOpen implements [journal.Keeper].
func (s *Store) ListOpen(_ context.Context, limit int) ([]journal.Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := slices.SortedFunc(maps.Values(s.open), oldestFirst)
	rows := make([]journal.Row, 0, min(len(open), limit))
	for _, row := range open[:cap(rows)] {
		rows = append(rows, clone(*row))
	}
	return rows, nil
}

// Census implements [journal.Keeper].
func (s *Store) Census(_ context.Context, late time.Duration) (journal.Census, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	census := journal.Census{Open: len(s.open)}
	for _, row := range s.open {
		if row.Parked() {
			census.Parked++
			continue
		}
		age := s.now().Sub(row.Created)
		census.Oldest = max(census.Oldest, age)
		if age >= late {
			census.Late++
		}
	}
	return census, nil
}

// Expire implements [journal.Keeper]. A closed row was last written when it was closed.
func (s *Store) Expire(_ context.Context, age time.Duration, limit int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range limit {
		if len(s.closed) == 0 || s.now().Sub(s.rows[s.closed[0]].Updated) < age {
			return n, nil
		}
		s.forget()
	}
	return limit, nil
}
