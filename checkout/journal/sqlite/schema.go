package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tiffin/checkout/journal/schema"
)

// changes are the versions of the tables. Those that were released are never edited. Times are microseconds since 1970.
func changes() []schema.Change {
	return []schema.Change{
		{Version: 1, Oldest: 1, SQL: `
			CREATE TABLE placement (
				saga_id     TEXT PRIMARY KEY,
				kind        TEXT NOT NULL,
				version     INTEGER NOT NULL,
				scope       TEXT NOT NULL,
				key         TEXT NOT NULL,
				fingerprint TEXT NOT NULL,
				request     BLOB,
				state       TEXT NOT NULL,
				data        BLOB,
				result      BLOB,
				owner       TEXT NOT NULL,
				epoch       INTEGER NOT NULL,
				due         INTEGER,
				created     INTEGER NOT NULL,
				updated     INTEGER NOT NULL,
				closed      INTEGER,
				UNIQUE (scope, kind, key),
				CHECK ((result IS NULL) = (closed IS NULL)),
				CHECK (closed IS NULL OR (request IS NULL AND due IS NULL))
			) STRICT;
			CREATE INDEX placement_open ON placement (created, saga_id) WHERE closed IS NULL;
			CREATE INDEX placement_closed ON placement (closed) WHERE closed IS NOT NULL;
		`},
		// A program of version 1 leaves the number as it is, so the writes of a row that both drive in turn are numbered on from there.
		{Version: 2, Oldest: 1, SQL: `ALTER TABLE placement ADD COLUMN writes INTEGER NOT NULL DEFAULT 0`},
	}
}

// migrate makes the changes that are still to be made, all or none. The lock on the file sees to it that nobody else does.
func migrate(ctx context.Context, db *sql.DB, changes []schema.Change, path string) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("the tables of the journal %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	applied, err := applied(ctx, tx)
	if err != nil {
		return fmt.Errorf("the version of the journal %s: %w", path, err)
	}
	pending, err := schema.Pending(changes, applied, path)
	if err != nil {
		return err
	}
	for _, change := range pending {
		if err := apply(ctx, tx, change); err != nil {
			return fmt.Errorf("bringing the journal %s to version %d: %w", path, change.Version, err)
		}
	}
	return tx.Commit()
}

func applied(ctx context.Context, tx *sql.Tx) (schema.Applied, error) {
	var a schema.Applied
	_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS journal_schema (version INTEGER PRIMARY KEY, oldest INTEGER NOT NULL) STRICT`)
	if err != nil {
		return a, err
	}
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0), coalesce(max(oldest), 0) FROM journal_schema`).Scan(&a.Version, &a.Oldest)
	return a, err
}

func apply(ctx context.Context, tx *sql.Tx, change schema.Change) error {
	if _, err := tx.ExecContext(ctx, change.SQL); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO journal_schema (version, oldest) VALUES (?, ?)`, change.Version, change.Oldest)
	return err
}
