package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// applicationID marks a database as a journal of ours (https://www.sqlite.org/pragma.html#pragma_application_id): "tfnj".
const applicationID = 0x74666e6a

// check refuses a database that is damaged, or another program's. The quick check reads every page, half a second per 100 000 rows; the
// full one, which also compares the indexes with the rows, would keep open orders waiting four times as long.
func check(ctx context.Context, db *sql.DB, path string) error {
	var verdict string
	err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict)
	if err == nil && verdict == "ok" {
		return checkOurs(ctx, db, path)
	}
	if err != nil {
		verdict = err.Error()
	}
	return fmt.Errorf("the journal %s cannot be trusted (%s): keep a copy of it, then restore the last backup, or move it away and start with an empty one; "+
		"orders that were under way are then found through the order service", path, verdict)
}

func checkOurs(ctx context.Context, db *sql.DB, path string) error {
	var id, tables int
	err := db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`).Scan(&id, &tables)
	switch {
	case err != nil:
		return fmt.Errorf("reading the journal %s: %w", path, err)
	case id != applicationID && (id != 0 || tables > 0):
		return fmt.Errorf("%s is another program's database: give the journal a file of its own", path)
	}
	return nil
}
