package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/journaltest"
)

func config(path string) Config {
	cfg := Defaults()
	cfg.Path = path
	return cfg
}

func open(t testing.TB, cfg Config, deps Deps) *Store {
	t.Helper()
	s := New(cfg, deps)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openNew(t testing.TB, deps Deps) *Store {
	t.Helper()
	return open(t, config(filepath.Join(t.TempDir(), "journal.db")), deps)
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
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
	clock := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	deps := Deps{Now: func() time.Time { return clock }}
	journaltest.Run(t, journaltest.Harness{
		Open: func(t *testing.T) journal.Driver { return openNew(t, deps) },
		Reopen: func(t *testing.T, s journal.Driver) journal.Driver {
			old := s.(*Store)
			closeStore(t, old)
			return open(t, old.cfg, deps)
		},
		Now:  deps.Now,
		Pass: func(d time.Duration) { clock = clock.Add(d) },
	})
}

func TestDefaultsAreValidButForThePath(t *testing.T) {
	if problems := config("x").Validate(); problems != nil {
		t.Errorf("problems = %v; want none", problems)
	}
	if problems := (Config{}).Validate(); len(problems) != 3 {
		t.Errorf("problems of the empty configuration = %v; want 3", problems)
	}
}

// A path may hold what has a meaning in a URI.
func TestAwkwardPaths(t *testing.T) {
	for _, name := range []string{"a b.db", "what?mode=ro.db", "100%25.db", "a#b.db", "ü&x=y;z.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			insert(t, open(t, config(path), Deps{}), journal.Row{SagaID: "a"})
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
		})
	}
}

// Orders are nobody's business but the gateway's.
func TestFilesArePrivate(t *testing.T) {
	s := openNew(t, Deps{})
	insert(t, s, journal.Row{SagaID: "a"})
	files, _ := filepath.Glob(s.cfg.Path + "*")
	if len(files) != 4 {
		t.Errorf("files = %v; want the database, its log, its index and its lock", files)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want -rw-------", file, info.Mode(), err)
		}
	}
}

func TestTheDatabaseIsAsSafeAsItClaims(t *testing.T) {
	s := openNew(t, Deps{})
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "cell_size_check": "1", "temp_store": "2",
	} {
		var got string
		if err := s.writer.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
		}
	}
	if _, err := s.reader.Exec(`DELETE FROM placement`); err == nil {
		t.Error("a reading connection wrote")
	}
}

// What cannot be opened says what to do.
func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		path func(dir string) string
		want []string
	}{
		{"no directory", func(dir string) string { return filepath.Join(dir, "no", "journal.db") }, []string{"no such file", "create it"}},
		{"a directory", func(dir string) string { return dir }, []string{"is not a file", "journal.db"}},
		{"another program's database", func(dir string) string {
			path := filepath.Join(dir, "theirs.db")
			theirs := New(config(path), Deps{})
			if err := errors.Join(create(path), theirs.connect(path)); err != nil {
				t.Fatal(err)
			}
			if _, err := theirs.writer.Exec(`CREATE TABLE cats (name TEXT)`); err != nil {
				t.Fatal(err)
			}
			theirs.Close()
			return path
		}, []string{"another program's database", "file of its own"}},
		{"no database", func(dir string) string {
			return writeFile(t, filepath.Join(dir, "x"), []byte(strings.Repeat("not a database. ", 1000)))
		}, []string{"cannot be trusted", "backup"}},
		{"a damaged database", func(dir string) string {
			path := filepath.Join(dir, "journal.db")
			s := open(t, config(path), Deps{})
			for n := range 200 {
				insert(t, s, journal.Row{SagaID: strings.Repeat("x", n+1), Key: strings.Repeat("x", n), Request: make([]byte, 1000)})
			}
			closeStore(t, s)
			bytes, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			copy(bytes[len(bytes)/2:], strings.Repeat("damage", 1000))
			return writeFile(t, path, bytes)
		}, []string{"cannot be trusted", "backup", "keep a copy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(config(c.path(t.TempDir())), Deps{})
			err := s.Open(t.Context())
			if err == nil {
				t.Fatal("opened")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %v; want %q in it", err, want)
				}
			}
		})
	}
}

func writeFile(t *testing.T, path string, bytes []byte) string {
	t.Helper()
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
