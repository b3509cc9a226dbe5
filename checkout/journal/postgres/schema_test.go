package postgres

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/schema"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// later is what a release to come may do: a column that this one does not know.
func later(oldest int) []schema.Change {
	return append(changes(), schema.Change{Version: 3, Oldest: oldest, SQL: `ALTER TABLE placement ADD COLUMN note text`})
}

func TestTables(t *testing.T) {
	b := start(t)

	t.Run("gateways that start together take turns", func(t *testing.T) {
		dsn := b.place(t)
		var group sync.WaitGroup
		for n := range 8 {
			s := newStore(t, dsn, Deps{})
			group.Go(func() {
				if err := s.Open(t.Context()); err != nil {
					t.Errorf("gateway %d: %v", n, err)
				}
			})
		}
		group.Wait()
	})

	t.Run("tables of a newer program", func(t *testing.T) {
		for oldest, refused := range map[int]bool{1: false, 2: false, 3: true} {
			dsn := b.place(t)
			newer := open(t, dsn)
			insert(t, newer, journal.Row{SagaID: "a"})
			if err := newer.migrate(t.Context(), later(oldest)); err != nil {
				t.Fatal(err)
			}
			older := newStore(t, dsn, Deps{})
			err := older.Open(t.Context())
			if got := errors.Is(err, schema.ErrNewer); got != refused {
				t.Errorf("Oldest %d: error = %v; want refused %v", oldest, err, refused)
			}
			_, found, err := older.Show(t.Context(), "a")
			if found == refused || errors.Is(err, journal.ErrUnavailable) != refused {
				t.Errorf("Oldest %d: Show = %v, %v", oldest, found, err)
			}
		}
	})

	t.Run("a change is made wholly or not at all", func(t *testing.T) {
		s := open(t, b.place(t))
		broken := append(later(1), schema.Change{Version: 4, Oldest: 1, SQL: `ALTER TABLE nobody ADD COLUMN note text`})
		if err := s.migrate(t.Context(), broken); err == nil || !contains(err.Error(), "version 4") {
			t.Fatalf("error = %v", err)
		}
		if err := s.migrate(t.Context(), later(1)); err != nil {
			t.Error(err)
		}
	})

	t.Run("a user who may not create tables", func(t *testing.T) {
		dsn := b.place(t)
		name := dsn[strings.LastIndex(dsn, "=")+1 : strings.LastIndex(dsn, ",")]
		b.exec(t, b.server.DSN(), `CREATE ROLE modest LOGIN; GRANT USAGE ON SCHEMA `+name+` TO modest; ALTER DEFAULT PRIVILEGES IN SCHEMA `+name+
			` GRANT ALL ON TABLES TO modest; GRANT ALL ON ALL TABLES IN SCHEMA `+name+` TO modest`)
		modest := strings.Replace(dsn, "user=postgres", "user=modest", 1)
		if err := newStore(t, modest, Deps{}).Open(t.Context()); err == nil || !contains(err.Error(), "let its user create tables") {
			t.Errorf("without tables: %v", err)
		}
		open(t, dsn)
		insert(t, open(t, modest), journal.Row{SagaID: "a"})
	})

	t.Run("a server that does not know us", func(t *testing.T) {
		for _, change := range []string{"user=nobody", "dbname=nothing"} {
			err := newStore(t, b.server.DSN()+" "+change, Deps{}).Open(t.Context())
			if err == nil || errors.Is(err, journal.ErrUnavailable) || !contains(err.Error(), "correct the dsn") {
				t.Errorf("%s: %v", change, err)
			}
		}
	})

	t.Run("searches use the indexes", func(t *testing.T) {
		s := open(t, b.place(t))
		if _, err := s.pool.Exec(t.Context(), `INSERT INTO placement (`+columns+`, closed)
			SELECT n::text, 'PLACE', 1, '', n::text, '', NULL, 'X', '', '', 'o', 1, NULL, now(), (now()), 0, now() FROM generate_series(1, 20000) n`); err != nil {
			t.Fatal(err)
		}
		if _, err := s.pool.Exec(t.Context(), `ANALYZE placement`); err != nil {
			t.Fatal(err)
		}
		for query, index := range map[string]string{
			`SELECT saga_id FROM placement WHERE closed IS NULL ORDER BY created, saga_id LIMIT 64 FOR UPDATE SKIP LOCKED`:             "placement_open",
			`SELECT saga_id FROM placement WHERE closed IS NOT NULL AND closed <= now() - interval '1 day' ORDER BY closed LIMIT 5`:    "placement_closed",
			`SELECT saga_id FROM placement WHERE saga_id = 'a' OR (scope = 'b' AND kind = 'c' AND key = 'd') ORDER BY saga_id LIMIT 1`: "Index",
		} {
			rows, err := s.pool.Query(t.Context(), "EXPLAIN "+query)
			if err != nil {
				t.Fatal(err)
			}
			plan := ""
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					t.Fatal(err)
				}
				plan += line + "\n"
			}
			if !contains(plan, index) || contains(plan, "Seq Scan on placement") {
				t.Errorf("%s:\n%s; want index %s", query, plan, index)
			}
		}
	})
}
