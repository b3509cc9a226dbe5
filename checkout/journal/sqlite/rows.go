package sqlite

import (
	"database/sql"
	"slices"
	"time"

	"tiffin/checkout/journal"
)

// columns are those of a row, in the order of scan.
const columns = `saga_id, kind, version, scope, key, fingerprint, request, state, data, result, owner, epoch, due, created, updated, writes, closed`

type scanner interface{ Scan(dest ...any) error }

func scan(from scanner) (journal.Row, error) {
	var (
		r                journal.Row
		due, closed      sql.NullInt64
		created, updated int64
	)
	err := from.Scan(&r.SagaID, &r.Kind, &r.Version, &r.Scope, &r.Key, &r.Fingerprint, &r.Request, &r.State, &r.Data, &r.Result,
		&r.Owner, &r.Epoch, &due, &created, &updated, &r.Writes, &closed)
	if err != nil {
		return journal.Row{}, err
	}
	if due.Valid {
		r.Due = fromMicros(due.Int64)
	}
	if closed.Valid && r.Result == nil {
		r.Result = []byte{} // the driver reads an empty value as nil
	}
	r.Created, r.Updated = fromMicros(created), fromMicros(updated)
	return r, nil
}

// scanAll reads rows to their end, the oldest first.
func scanAll(from *sql.Rows, err error) ([]journal.Row, error) {
	if err != nil {
		return nil, err
	}
	defer from.Close() //nolint:errcheck // what it could say, from.Err says
	var rows []journal.Row
	for from.Next() {
		r, err := scan(from)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, journal.CompareAge)
	return rows, from.Err()
}

func fromMicros(t int64) time.Time { return time.UnixMicro(t).UTC() }

// orNull is a time's column: NULL for none.
func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}
