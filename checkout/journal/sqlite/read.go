package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tiffin/checkout/journal"
)

var errNotOpen = fmt.Errorf("%w: the store is not open", journal.ErrNotWritten)

// Find implements [journal.Store].
func (s *Store) Find(ctx context.Context, scope, kind, key string) (journal.Row, bool, error) {
	if s.reader == nil {
		return journal.Row{}, false, errNotOpen
	}
	return one(s.statements.find.QueryRowContext(ctx, scope, kind, key))
}

// Show implements [journal.Keeper].
func (s *Store) Show(ctx context.Context, sagaID string) (journal.Row, bool, error) {
	if s.reader == nil {
		return journal.Row{}, false, errNotOpen
	}
	return one(s.reader.QueryRowContext(ctx, `SELECT `+columns+` FROM placement WHERE saga_id = ?`, sagaID))
}

func one(from *sql.Row) (journal.Row, bool, error) {
	row, err := scan(from)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return row, false, nil
	case err != nil:
		return row, false, unavailable(err)
	}
	return row, true, nil
}

// ListOpen implements [journal.Keeper].
func (s *Store) ListOpen(ctx context.Context, limit int) ([]journal.Row, error) {
	if s.reader == nil {
		return nil, errNotOpen
	}
	rows, err := scanAll(s.reader.QueryContext(ctx, `SELECT `+columns+` FROM placement WHERE closed IS NULL ORDER BY created, saga_id LIMIT ?`, limit))
	if err != nil {
		return nil, unavailable(err)
	}
	return rows, nil
}

// Census implements [journal.Keeper].
func (s *Store) Census(ctx context.Context, late time.Duration) (journal.Census, error) {
	if s.reader == nil {
		return journal.Census{}, errNotOpen
	}
	var (
		c      journal.Census
		oldest sql.NullInt64
	)
	err := s.reader.QueryRowContext(ctx, `SELECT count(*), count(due), count(*) FILTER (WHERE due IS NULL AND created <= ?),
		min(CASE WHEN due IS NULL THEN created END) FROM placement WHERE closed IS NULL`, s.now()-late.Microseconds()).
		Scan(&c.Open, &c.Parked, &c.Late, &oldest)
	if err != nil {
		return c, unavailable(err)
	}
	if oldest.Valid {
		c.Oldest = max(0, time.Duration(s.now()-oldest.Int64)*time.Microsecond)
	}
	return c, nil
}

// Beat implements [journal.Leases]: the lock on the file is all the sign of life there is.
func (*Store) Beat(context.Context, string, time.Duration) error { return nil }

// Release implements [journal.Leases].
func (*Store) Release(context.Context, string) error { return nil }
