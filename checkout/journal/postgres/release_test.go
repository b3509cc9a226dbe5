package postgres

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tiffin/checkout/journal"
)

// before is a gateway of the release whose tables have version 1: its statements, as they were released.
type before struct {
	*testing.T

	conn *pgx.Conn
}

const (
	insertOfBefore = `INSERT INTO placement (saga_id, kind, version, scope, key, fingerprint, request, state, data, result, owner, epoch, due, created, updated, closed)
		VALUES ($1, 'PLACE', 1, '', $1, '', '', 'STARTED', '', NULL, 'before', 1, NULL, now(), (now()), NULL)`
	advanceOfBefore = `UPDATE placement SET state = $3, data = $4, result = $5, updated = now(),
			due = CASE WHEN $5::bytea IS NULL THEN $6::timestamptz END,
			closed = CASE WHEN $5 IS NOT NULL THEN now() END,
			request = CASE WHEN $5 IS NULL THEN request END
		WHERE saga_id = $1 AND epoch = $2 AND closed IS NULL`
	claimOfBefore = `UPDATE placement SET owner = 'before', epoch = epoch + 1, due = NULL, updated = now()
		WHERE saga_id = $1 AND closed IS NULL RETURNING epoch`
)

func (b before) exec(sql string, args ...any) int64 {
	b.Helper()
	tag, err := b.conn.Exec(b.Context(), sql, args...)
	if err != nil {
		b.Fatal(err)
	}
	return tag.RowsAffected()
}

func (b before) advance(epoch int64, state string, result []byte) (done bool) {
	b.Helper()
	return b.exec(advanceOfBefore, "a", epoch, state, []byte("b"), result, nil) == 1
}

func (b before) claim() (epoch int64) {
	b.Helper()
	if err := b.conn.QueryRow(b.Context(), claimOfBefore, "a").Scan(&epoch); err != nil {
		b.Fatal(err)
	}
	return epoch
}

// asBefore makes the tables of version 1 and returns a gateway that works with them.
func asBefore(t *testing.T, dsn string) before {
	t.Helper()
	s := newStore(t, dsn, Deps{})
	pool, err := pgxpool.NewWithConfig(t.Context(), s.connTo)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s.pool = pool
	if err := s.migrate(t.Context(), changes()[:1]); err != nil {
		t.Fatal(err)
	}
	s.pool = nil
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return before{t, conn}
}

// A gateway of the release before, which numbers no writes, and one of this release take a row from each other: each can write what it
// holds, and neither what the other one has.
func TestBesideTheReleaseBefore(t *testing.T) {
	b := start(t)
	dsn := b.place(t)
	old := asBefore(t, dsn)
	old.exec(insertOfBefore, "a")
	if !old.advance(1, "ORDERED", nil) {
		t.Fatal("the tables are not those of the release before")
	}
	s := open(t, dsn)
	advance := func(epoch, write int64, state string) error {
		return s.Advance(t.Context(), "a", epoch, step(write, state))
	}
	if !old.advance(1, "RESERVED", nil) { // with the statement that it has prepared before the tables were changed
		t.Error("the release before is locked out")
	}
	for round := range int64(2) {
		rows, err := s.Claim(t.Context(), journal.Claim{Owner: "new", Version: 1, Limit: 1})
		if err != nil || len(rows) != 1 || rows[0].Writes != 2*round {
			t.Fatalf("Claim = %+v, %v; want the row after %d writes", rows, err, 2*round)
		}
		held, first := rows[0].Epoch, rows[0].Writes+1
		if old.advance(held-1, "late", nil) {
			t.Error("the release before writes a row that was taken from it")
		}
		for n, state := range []string{"AUTHORIZED", "CAPTURING"} {
			if err := advance(held, first+int64(n), state); err != nil {
				t.Errorf("%s: %v", state, err)
			}
		}
		if err := advance(held, first, "AUTHORIZED"); !errors.Is(err, journal.ErrFenced) {
			t.Errorf("late: %v; want it fenced", err)
		}
		taken := old.claim()
		if err := advance(held, first+2, "CAPTURED"); !errors.Is(err, journal.ErrFenced) {
			t.Errorf("after the release before took the row: %v; want it fenced", err)
		}
		if !old.advance(taken, "CAPTURED", nil) {
			t.Error("the release before cannot write what it took")
		}
	}
	old.exec(insertOfBefore, "b") // still new rows, too
	if !old.advance(old.claim(), "CONFIRMED", []byte("yes")) {
		t.Error("the release before cannot close what it took")
	}
	if row, _, err := s.Show(t.Context(), "a"); err != nil || !row.Closed() || row.Writes != 4 {
		t.Errorf("row = %+v, %v", row, err)
	}
}

// The connection breaks while the server is still at the write, and the repeat overtakes the answer: it waits, and finds that it is done.
func TestARepeatBesideTheWriteItself(t *testing.T) {
	b := start(t)
	s := open(t, b.place(t))
	insert(t, s, journal.Row{SagaID: "a"})
	tx, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), advanceSQL, "a", 1, "AUTHORIZED", nil, nil, nil, 1); err != nil {
		t.Fatal(err)
	}
	answer := make(chan error)
	go func() { answer <- s.Advance(t.Context(), "a", 1, step(1, "AUTHORIZED")) }()
	until(t, "the repeat waits for the write", func() bool {
		var waits bool
		err := s.pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')`).Scan(&waits)
		return err == nil && waits
	})
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Errorf("the repeat: %v; want it known as done", err)
	}
}
