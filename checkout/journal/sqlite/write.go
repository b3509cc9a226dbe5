package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/batch"
)

// op is one write within a transaction of several. It writes with one statement, so that it is done wholly or not at all.
type op func(ctx context.Context, tx *sql.Tx) error

// write puts a write into the queue, and returns what it returned once that is on disk.
func write[R any](ctx context.Context, s *Store, fn func(context.Context, *sql.Tx) (R, error)) (R, error) {
	var result, nothing R
	err := s.queue.Do(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		result, err = fn(ctx, tx)
		return err
	})
	if err != nil {
		return nothing, err // whoever gave up must not look at result: the write may be going on
	}
	return result, nil
}

// commit does writes in one transaction, on the store's own context: one caller's hanging up must not undo the others' work.
func (s *Store) commit(ops []op) []error { return batch.Isolate(ops, s.transact) }

func (s *Store) transact(ops []op) (errs []error, spoilt bool) {
	ctx := context.Background()
	errs = make([]error, len(ops))
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return all(errs, fmt.Errorf("%w: %w", journal.ErrNotWritten, err)), false
	}
	for i, op := range ops {
		errs[i] = op(ctx, tx)
		if errs[i] != nil && !errors.Is(errs[i], journal.ErrFenced) {
			err := fmt.Errorf("%w: %w", journal.ErrNotWritten, errors.Join(errs[i], tx.Rollback()))
			return all(errs, err), true
		}
	}
	if err := tx.Commit(); err != nil {
		return all(errs, unavailable(err)), false // the driver has rolled it back
	}
	return errs, false
}

func all(errs []error, err error) []error {
	for i := range errs {
		errs[i] = err
	}
	return errs
}

// unavailable gives an error of the database its meaning.
func unavailable(err error) error { return fmt.Errorf("%w: sqlite: %w", journal.ErrUnavailable, err) }

// checkpoint empties the write-ahead log into the database, and with it what was erased since.
func (s *Store) checkpoint() {
	var busy, log, done int
	err := s.writer.QueryRowContext(context.Background(), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done)
	if err == nil && busy != 0 {
		err = errors.New("a reader has held it for too long")
	}
	if err != nil {
		s.deps.OnError(fmt.Errorf("emptying the log of the journal %s: %w", s.cfg.Path, err))
	}
}

// now is the clock as it is stored.
func (s *Store) now() int64 { return s.deps.Now().UnixMicro() }

type inserted struct {
	row journal.Row
	new bool
}

// Insert implements [journal.Store].
func (s *Store) Insert(ctx context.Context, row journal.Row) (journal.Row, bool, error) {
	result, err := write(ctx, s, func(ctx context.Context, tx *sql.Tx) (inserted, error) { return s.insert(ctx, tx, row) })
	return result.row, result.new, err
}

func (s *Store) insert(ctx context.Context, tx *sql.Tx, row journal.Row) (inserted, error) {
	now, closed := s.now(), sql.NullInt64{}
	if row.Closed() {
		row.Request, row.Due, closed = nil, time.Time{}, sql.NullInt64{Int64: now, Valid: true}
	}
	stored, err := scan(tx.StmtContext(ctx, s.statements.insert).QueryRowContext(ctx, //nolint:sqlclosecheck // it ends with tx
		row.SagaID, row.Kind, row.Version, row.Scope, row.Key, row.Fingerprint, row.Request, row.State, row.Data, row.Result, row.Owner,
		orNull(row.Due), now, now, closed))
	if !errors.Is(err, sql.ErrNoRows) {
		return inserted{stored, true}, err
	}
	stored, err = scan(tx.QueryRowContext(ctx, `SELECT `+columns+` FROM placement WHERE saga_id = ?1 OR (scope = ?2 AND kind = ?3 AND key = ?4)
		ORDER BY saga_id = ?1 LIMIT 1`, row.SagaID, row.Scope, row.Kind, row.Key))
	return inserted{stored, false}, err
}

// Advance implements [journal.Store].
func (s *Store) Advance(ctx context.Context, sagaID string, epoch int64, step journal.Step) error {
	_, err := write(ctx, s, func(ctx context.Context, tx *sql.Tx) (struct{}, error) {
		return struct{}{}, s.advance(ctx, tx, sagaID, epoch, step)
	})
	if errors.Is(err, journal.ErrFenced) {
		return journal.Repeated(ctx, s.Show, sagaID, epoch, step)
	}
	return err
}

func (s *Store) advance(ctx context.Context, tx *sql.Tx, sagaID string, epoch int64, step journal.Step) error {
	now, closed := s.now(), sql.NullInt64{}
	if step.Result != nil {
		step.Due, closed = time.Time{}, sql.NullInt64{Int64: now, Valid: true}
	}
	done, err := tx.StmtContext(ctx, s.statements.advance).ExecContext(ctx, //nolint:sqlclosecheck // it ends with tx
		step.State, step.Data, step.Result, orNull(step.Due), now, closed, sagaID, epoch, step.Write)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, journal.ErrFenced)
	}
	return nil
}

// Take implements [journal.Store].
func (s *Store) Take(ctx context.Context, sagaID string, epoch int64, owner string) (journal.Row, error) {
	return write(ctx, s, func(ctx context.Context, tx *sql.Tx) (journal.Row, error) {
		row, err := scan(tx.QueryRowContext(ctx, `UPDATE placement SET owner = ?, epoch = epoch + 1, due = NULL, updated = ?
			WHERE saga_id = ? AND epoch = ? AND closed IS NULL AND due IS NOT NULL RETURNING `+columns, owner, s.now(), sagaID, epoch))
		if errors.Is(err, sql.ErrNoRows) {
			return row, journal.ErrFenced
		}
		return row, err
	})
}

// clockSlack is how far in the future a row may have been written before the clock is taken to have been set back since; then the row
// counts as idle.
const clockSlack = time.Minute

// Claim implements [journal.Store].
func (s *Store) Claim(ctx context.Context, claim journal.Claim) ([]journal.Row, error) {
	driven, err := json.Marshal(append([]string{}, claim.Driven...)) // nil would be null, and nothing is outside of null
	if err != nil {
		return nil, err
	}
	return write(ctx, s, func(ctx context.Context, tx *sql.Tx) ([]journal.Row, error) {
		now := s.now()
		return scanAll(tx.QueryContext(ctx, `UPDATE placement SET owner = ?1, epoch = epoch + 1, due = NULL, updated = ?2
			WHERE saga_id IN (
				SELECT saga_id FROM placement
				WHERE closed IS NULL AND version BETWEEN ?8 AND ?3 AND CASE
					WHEN due IS NOT NULL THEN due <= ?2
					WHEN owner <> ?1 THEN TRUE
					ELSE (updated <= ?4 OR updated > ?5) AND saga_id NOT IN (SELECT value FROM json_each(?6))
				END
				ORDER BY created, saga_id LIMIT ?7)
			RETURNING `+columns,
			claim.Owner, now, claim.Version, now-claim.Idle.Microseconds(), now+clockSlack.Microseconds(), string(driven),
			min(claim.Limit, journal.MostClaimed), claim.Oldest))
	})
}

// Expire implements [journal.Keeper].
func (s *Store) Expire(ctx context.Context, age time.Duration, limit int) (int, error) {
	return write(ctx, s, func(ctx context.Context, tx *sql.Tx) (int, error) {
		done, err := tx.ExecContext(ctx, `DELETE FROM placement WHERE saga_id IN (
			SELECT saga_id FROM placement WHERE closed IS NOT NULL AND closed <= ? ORDER BY closed LIMIT ?)`, s.now()-age.Microseconds(), limit)
		if err != nil {
			return 0, err
		}
		n, err := done.RowsAffected()
		return int(n), err
	})
}
