package postgres

import (
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tiffin/checkout/journal"
)

// columns are those of a row, in the order of scan.
const columns = `saga_id, kind, version, scope, key, fingerprint, request, state, data, result, owner, epoch, due, created, updated, writes`

func scan(from pgx.CollectableRow) (journal.Row, error) {
	var (
		r   journal.Row
		due *time.Time
	)
	err := from.Scan(&r.SagaID, &r.Kind, &r.Version, &r.Scope, &r.Key, &r.Fingerprint, &r.Request, &r.State, &r.Data, &r.Result,
		&r.Owner, &r.Epoch, &due, &r.Created, &r.Updated, &r.Writes)
	if due != nil {
		r.Due = due.UTC()
	}
	r.Created, r.Updated = r.Created.UTC(), r.Updated.UTC()
	return r, err
}

// one reads a single row; pgx.ErrNoRows if there is none.
func one(rows pgx.Rows, err error) (journal.Row, error) {
	if err != nil {
		return journal.Row{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scan)
}

// many reads rows to their end, the oldest first.
func many(rows pgx.Rows, err error) ([]journal.Row, error) {
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scan)
	slices.SortFunc(found, journal.CompareAge)
	return found, err
}

// orNull is a time's column: nil for none.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// qualified are the columns of a table that goes by another name.
func qualified(table string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}
