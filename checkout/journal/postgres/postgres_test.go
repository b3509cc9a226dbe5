package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/journaltest"
	"tiffin/internal/testkit/pgtest"
)

// bench is a server on which each store under test has a schema, and so tables and a clock, of its own.
type bench struct {
	server *pgtest.Server
	count  atomic.Int64
}

func start(t testing.TB) *bench { return &bench{server: pgtest.Start(t, "fsync=off")} }

// place makes an empty schema, in which the clock is ahead of the server's by what its table says, and returns its address.
func (b *bench) place(t testing.TB) (dsn string) {
	t.Helper()
	name := fmt.Sprint("t", b.count.Add(1))
	b.exec(t, b.server.DSN(), `
		CREATE SCHEMA `+name+`;
		CREATE TABLE `+name+`.ahead (by interval NOT NULL);
		INSERT INTO `+name+`.ahead VALUES ('0');
		CREATE FUNCTION `+name+`.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT pg_catalog.now() + by FROM `+name+`.ahead'`)
	return b.server.DSN() + " search_path=" + name + ",pg_catalog"
}

func (*bench) exec(t testing.TB, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
}

func config(dsn string) Config {
	cfg := Defaults()
	cfg.DSN = dsn
	return cfg
}

func newStore(t testing.TB, dsn string, deps Deps) *Store {
	t.Helper()
	s, err := New(config(dsn), deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func open(t testing.TB, dsn string) *Store {
	t.Helper()
	s := newStore(t, dsn, Deps{})
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func insert(t testing.TB, s *Store, row journal.Row) journal.Row {
	t.Helper()
	row, inserted, err := s.Insert(t.Context(), row)
	if err != nil || !inserted {
		t.Fatalf("Insert = %v, %v", inserted, err)
	}
	return row
}

func TestConformance(t *testing.T) {
	b := start(t)
	var current *Store
	var ahead time.Duration
	journaltest.Run(t, journaltest.Harness{
		Open: func(t *testing.T) journal.Driver {
			current, ahead = open(t, b.place(t)), 0
			return current
		},
		Reopen: func(t *testing.T, s journal.Driver) journal.Driver {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			current = open(t, current.cfg.DSN)
			return current
		},
		Now: func() time.Time { return time.Now().Add(ahead) },
		Pass: func(d time.Duration) {
			ahead += d
			if _, err := current.pool.Exec(t.Context(), `UPDATE ahead SET by = make_interval(secs => $1)`, ahead.Seconds()); err != nil {
				t.Error(err)
			}
		},
		Shared: true,
	})
}

func TestValidate(t *testing.T) {
	const good = "postgres://tiffin:hush@db/tiffin"
	if problems := config(good).Validate(); problems != nil {
		t.Errorf("problems = %v; want none", problems)
	}
	if problems := (Config{}).Validate(); len(problems) != 6 {
		t.Errorf("problems of the empty configuration = %v; want 6", problems)
	}
	for _, dsn := range []string{"", "postgres://hush@db:port/", good + "?synchronous_commit=off", good + "?synchronous_commit=OFF", good + "?synchronous_commit=false", good + "?synchronous_commit=0", "host=db password=hush port=x"} {
		problems := config(dsn).Validate()
		if len(problems) != 1 || problems[0].Path != "dsn" || problems[0].Remedy == "" || contains(problems[0].Error(), "hush") {
			t.Errorf("%q: problems = %v; want one about the dsn, which does not repeat it", dsn, problems)
		}
		if s, err := New(config(dsn), Deps{}); err == nil || contains(err.Error(), "hush") {
			t.Errorf("New(%q) = %v, %v; want an error that does not repeat it", dsn, s, err)
		}
	}
}

// startSynced is a server whose commits cost what they cost.
func startSynced(t testing.TB) *pgtest.Server { return pgtest.Start(t) }
