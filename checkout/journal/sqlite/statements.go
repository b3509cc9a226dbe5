package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statements are those that each order needs, compiled once: that is a third of what a decision costs.
type statements struct{ insert, advance, find *sql.Stmt }

func (s *statements) prepare(ctx context.Context, writer, reader *sql.DB) error {
	for _, p := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		text string
	}{
		{&s.insert, writer, `INSERT INTO placement (` + columns + `) VALUES (?,?,?,?,?,?,?,?,?,?,?,1,?,?,?,0,?)
			ON CONFLICT DO NOTHING RETURNING ` + columns},
		{&s.advance, writer, `UPDATE placement SET state = ?1, data = ?2, result = ?3, due = ?4, updated = ?5, closed = ?6,
				request = CASE WHEN ?6 IS NULL THEN request END, writes = ?9
			WHERE saga_id = ?7 AND epoch = ?8 AND writes = ?9 - 1 AND closed IS NULL`},
		{&s.find, reader, `SELECT ` + columns + ` FROM placement WHERE scope = ? AND kind = ? AND key = ?`},
	} {
		stmt, err := p.db.PrepareContext(ctx, p.text) //nolint:sqlclosecheck // close closes it
		if err != nil {
			return fmt.Errorf("preparing the journal: %w", err)
		}
		*p.stmt = stmt
	}
	return nil
}

// close gives back what prepare made.
func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.insert, s.advance, s.find} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
