package postgres

import (
	"context"
	"time"

	"tiffin/checkout/journal"
)

// Beat implements [journal.Leases].
func (s *Store) Beat(ctx context.Context, owner string, ttl time.Duration) error {
	return s.exec(ctx, `INSERT INTO gateway (id, lease) VALUES ($1, now() + make_interval(secs => $2))
		ON CONFLICT (id) DO UPDATE SET lease = excluded.lease`, owner, ttl.Seconds())
}

// Release implements [journal.Leases].
func (s *Store) Release(ctx context.Context, owner string) error {
	return s.exec(ctx, `DELETE FROM gateway WHERE id = $1`, owner)
}

func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	return s.call(ctx, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, query, args...)
		return err
	})
}

// Show implements [journal.Keeper].
func (s *Store) Show(ctx context.Context, sagaID string) (journal.Row, bool, error) {
	return s.read(ctx, `SELECT `+columns+` FROM placement WHERE saga_id = $1`, sagaID)
}

// ListOpen implements [journal.Keeper].
func (s *Store) ListOpen(ctx context.Context, limit int) (rows []journal.Row, err error) {
	err = s.call(ctx, func(ctx context.Context) (err error) {
		rows, err = many(s.pool.Query(ctx, `SELECT `+columns+` FROM placement WHERE closed IS NULL ORDER BY created, saga_id LIMIT $1`, limit))
		return err
	})
	return rows, err
}

// Census implements [journal.Keeper].
func (s *Store) Census(ctx context.Context, late time.Duration) (census journal.Census, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		var oldest float64 // seconds
		err := s.pool.QueryRow(ctx, `SELECT count(*), count(due), count(*) FILTER (WHERE due IS NULL AND created <= now() - make_interval(secs => $1)),
				coalesce(extract(epoch FROM now() - min(created) FILTER (WHERE due IS NULL)), 0)::float8
			FROM placement WHERE closed IS NULL`, late.Seconds()).Scan(&census.Open, &census.Parked, &census.Late, &oldest)
		census.Oldest = time.Duration(oldest * float64(time.Second))
		return err
	})
	return census, err
}

// Expire implements [journal.Keeper]. Gateways may expire at once: they pass over each other's rows.
func (s *Store) Expire(ctx context.Context, age time.Duration, limit int) (deleted int, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		tag, err := s.pool.Exec(ctx, `DELETE FROM placement WHERE saga_id IN (
			SELECT saga_id FROM placement WHERE closed IS NOT NULL AND closed <= now() - make_interval(secs => $1)
			ORDER BY closed LIMIT $2 FOR UPDATE SKIP LOCKED)`, age.Seconds(), limit)
		deleted = int(tag.RowsAffected())
		return err
	})
	if err != nil || deleted == limit {
		return deleted, err
	}
	// Owners' names are made anew at each start, so leases that lapsed long ago are of no more use.
	return deleted, s.exec(ctx, `DELETE FROM gateway WHERE lease < now() - interval '1 day'`)
}
