package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/schema"
)

// changes are the versions of the tables. Those that were released are never edited. An advance changes no indexed column, and finds
// room in its page: such updates are cheap (https://www.postgresql.org/docs/current/storage-hot.html).
func changes() []schema.Change {
	return []schema.Change{
		{Version: 1, Oldest: 1, SQL: `
			CREATE TABLE placement (
				saga_id     text PRIMARY KEY,
				kind        text NOT NULL,
				version     integer NOT NULL,
				scope       text NOT NULL,
				key         text NOT NULL,
				fingerprint text NOT NULL,
				request     bytea,
				state       text NOT NULL,
				data        bytea,
				result      bytea,
				owner       text NOT NULL,
				epoch       bigint NOT NULL,
				due         timestamptz,
				created     timestamptz NOT NULL,
				updated     timestamptz NOT NULL,
				closed      timestamptz,
				UNIQUE (scope, kind, key),
				CHECK ((result IS NULL) = (closed IS NULL)),
				CHECK (closed IS NULL OR (request IS NULL AND due IS NULL))
			) WITH (fillfactor = 70);
			CREATE INDEX placement_open ON placement (created, saga_id) WHERE closed IS NULL;
			CREATE INDEX placement_closed ON placement (closed) WHERE closed IS NOT NULL;
			CREATE TABLE gateway (
				id    text PRIMARY KEY,
				lease timestamptz NOT NULL
			);
		`},
		// A program of version 1 leaves the number as it is, so the writes of a row that both drive in turn are numbered on from there.
		{Version: 2, Oldest: 1, SQL: `ALTER TABLE placement ADD COLUMN writes bigint NOT NULL DEFAULT 0`},
	}
}

const (
	// advisoryLock is the number under which gateways that start together take turns: "tfnj".
	advisoryLock = 0x74666e6a
	// mostMigrating bounds the changes of the tables, which may have to wait for another gateway's.
	mostMigrating = time.Minute
)

// prepare sees to it that the tables are as this program wants them, once. Whoever comes while another does so waits its turn.
func (s *Store) prepare(ctx context.Context) error {
	if s.pool == nil {
		return errors.New("the store is not open")
	}
	if s.ready.Load() {
		return nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", journal.ErrNotWritten, ctx.Err())
	}
	if s.ready.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, mostMigrating)
	defer cancel()
	if err := s.migrate(ctx, changes()); err != nil {
		return explain(err)
	}
	s.ready.Store(true)
	return nil
}

// migrate makes the changes that are still to be made, all or none.
func (s *Store) migrate(ctx context.Context, changes []schema.Change) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(%d)`, advisoryLock),
			pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			return err
		}
		applied, err := applied(ctx, tx)
		if err != nil {
			return err
		}
		pending, err := schema.Pending(changes, applied, s.connTo.ConnConfig.Host)
		if err != nil {
			return err
		}
		for _, change := range pending {
			if err := apply(ctx, tx, change); err != nil {
				return fmt.Errorf("bringing the tables to version %d: %w", change.Version, err)
			}
		}
		return nil
	})
}

// applied is what the database has. It creates nothing, so that a gateway whose user may not create tables works with those that
// somebody else made.
func applied(ctx context.Context, tx pgx.Tx) (schema.Applied, error) {
	var a schema.Applied
	var there bool
	if err := tx.QueryRow(ctx, `SELECT to_regclass('journal_schema') IS NOT NULL`).Scan(&there); err != nil || !there {
		return a, err
	}
	err := tx.QueryRow(ctx, `SELECT coalesce(max(version), 0), coalesce(max(oldest), 0) FROM journal_schema`).Scan(&a.Version, &a.Oldest)
	return a, err
}

func apply(ctx context.Context, tx pgx.Tx, change schema.Change) error {
	const note = `CREATE TABLE IF NOT EXISTS journal_schema (version integer PRIMARY KEY, oldest integer NOT NULL, applied timestamptz NOT NULL)`
	for _, sql := range []string{note, change.SQL} {
		if _, err := tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO journal_schema (version, oldest, applied) VALUES ($1, $2, now())`, change.Version, change.Oldest)
	return err
}

// explain tells what a person must act on from what passes.
func explain(err error) error {
	const badCatalogName, insufficientPrivilege, badAuthorization = "3D000", "42501", "28"
	server := new(pgconn.PgError)
	errors.As(err, &server)
	switch {
	case errors.Is(err, schema.ErrNewer):
		return err
	case server.Code == insufficientPrivilege:
		return fmt.Errorf("the journal in PostgreSQL: %w: let its user create tables in the schema and alter them, or make them with a user who may", err)
	case server.Code == badCatalogName, strings.HasPrefix(server.Code, badAuthorization):
		return fmt.Errorf("the journal in PostgreSQL: %w: correct the dsn", err)
	}
	return unavailable(err)
}
