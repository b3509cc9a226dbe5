package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tiffin/checkout/journal"
)

// Insert implements [journal.Store].
func (s *Store) Insert(ctx context.Context, row journal.Row) (stored journal.Row, inserted bool, err error) {
	err = s.call(ctx, func(ctx context.Context) (err error) {
		stored, inserted, err = s.insert(ctx, row)
		return err
	})
	return stored, inserted, err
}

func (s *Store) insert(ctx context.Context, r journal.Row) (stored journal.Row, inserted bool, err error) {
	stored, err = one(s.pool.Query(ctx, `
		INSERT INTO placement (`+columns+`, closed)
		VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $9::bytea IS NULL THEN $7::bytea END, $8, $12, $9, $10, 1,
			CASE WHEN $9 IS NULL THEN $11::timestamptz END, now(), (now()), 0, CASE WHEN $9 IS NOT NULL THEN now() END)
		ON CONFLICT DO NOTHING RETURNING `+columns,
		r.SagaID, r.Kind, r.Version, r.Scope, r.Key, r.Fingerprint, r.Request, r.State, r.Result, r.Owner, orNull(r.Due), r.Data))
	if !errors.Is(err, pgx.ErrNoRows) {
		return stored, err == nil, err
	}
	stored, err = one(s.pool.Query(ctx, `SELECT `+columns+` FROM placement WHERE saga_id = $1 OR (scope = $2 AND kind = $3 AND key = $4)
		ORDER BY saga_id = $1 LIMIT 1`, r.SagaID, r.Scope, r.Kind, r.Key))
	return stored, false, err
}

// Find implements [journal.Store].
func (s *Store) Find(ctx context.Context, scope, kind, key string) (journal.Row, bool, error) {
	return s.read(ctx, `SELECT `+columns+` FROM placement WHERE scope = $1 AND kind = $2 AND key = $3`, scope, kind, key)
}

func (s *Store) read(ctx context.Context, query string, args ...any) (row journal.Row, found bool, err error) {
	err = s.call(ctx, func(ctx context.Context) (err error) {
		row, err = one(s.pool.Query(ctx, query, args...))
		if found = err == nil; errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return row, found, err
}

// Take implements [journal.Store].
func (s *Store) Take(ctx context.Context, sagaID string, epoch int64, owner string) (row journal.Row, err error) {
	err = s.call(ctx, func(ctx context.Context) (err error) {
		row, err = one(s.pool.Query(ctx, `UPDATE placement SET owner = $3, epoch = epoch + 1, due = NULL, updated = now()
			WHERE saga_id = $1 AND epoch = $2 AND closed IS NULL AND due IS NOT NULL RETURNING `+columns, sagaID, epoch, owner))
		if errors.Is(err, pgx.ErrNoRows) {
			return journal.ErrFenced
		}
		return err
	})
	return row, err
}

// Claim implements [journal.Store]. Rows that another claim is just taking are passed over, so that gateways do not wait for each
// other, and share what is left by one that died.
func (s *Store) Claim(ctx context.Context, claim journal.Claim) (rows []journal.Row, err error) {
	driven := append([]string{}, claim.Driven...) // nil would be null, and nothing is outside of null
	err = s.call(ctx, func(ctx context.Context) (err error) {
		rows, err = many(s.pool.Query(ctx, `
			WITH idle AS (
				SELECT saga_id FROM placement p
				WHERE closed IS NULL AND version BETWEEN $6 AND $2 AND CASE
					WHEN due IS NOT NULL THEN due <= now()
					WHEN owner = $1 THEN updated <= now() - make_interval(secs => $3) AND saga_id <> ALL ($4::text[])
					ELSE NOT EXISTS (SELECT FROM gateway g WHERE g.id = p.owner AND g.lease > now())
				END
				ORDER BY created, saga_id LIMIT $5 FOR UPDATE SKIP LOCKED)
			UPDATE placement p SET owner = $1, epoch = p.epoch + 1, due = NULL, updated = now()
			FROM idle WHERE p.saga_id = idle.saga_id
			RETURNING `+qualified("p"), claim.Owner, claim.Version, claim.Idle.Seconds(), driven, min(claim.Limit, journal.MostClaimed), claim.Oldest))
		return err
	})
	return rows, err
}
