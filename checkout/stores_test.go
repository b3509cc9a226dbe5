package checkout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/memory"
	"tiffin/checkout/journal/postgres"
	"tiffin/checkout/journal/seal"
	"tiffin/checkout/journal/sqlite"
	"tiffin/internal/testkit/pgtest"
)

// store is a kind of journal in tests of orders.
type store struct {
	name string
	// real: it cannot live in a bubble of fake time.
	real bool
	// open returns an empty journal, and the directory of all its files, empty for none.
	open func(t testing.TB) (driver journal.Driver, dir string)
}

func stores() []store {
	return []store{
		{"memory", false, func(testing.TB) (journal.Driver, string) { return memory.New(memory.Config{}, memory.Deps{}), "" }},
		{"sqlite", false, openSQLite},
		{"postgres", true, openPostgres},
	}
}

func openSQLite(t testing.TB) (journal.Driver, string) {
	t.Helper()
	return openSQLiteWith(t, sqlite.Deps{})
}

func openSQLiteWith(t testing.TB, deps sqlite.Deps) (journal.Driver, string) {
	t.Helper()
	cfg := sqlite.Defaults()
	cfg.Path = filepath.Join(t.TempDir(), "journal.db")
	return opened(t, sqlite.New(cfg, deps)), filepath.Dir(cfg.Path)
}

func openPostgres(t testing.TB) (journal.Driver, string) {
	t.Helper()
	server := pgtest.Start(t)
	cfg := postgres.Defaults()
	cfg.DSN = server.DSN()
	driver, err := postgres.New(cfg, postgres.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return opened(t, driver), server.Dir()
}

func opened(t testing.TB, driver journal.Driver) journal.Driver {
	t.Helper()
	if err := driver.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := driver.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return driver
}

// onEach runs a test of orders with each kind of journal, sealed as in the program: in a bubble where that is possible, else in real time.
func onEach(t *testing.T, test func(w *world, s store, dir string)) {
	t.Helper()
	for _, s := range stores() {
		t.Run(s.name, func(t *testing.T) {
			run := func(t *testing.T) {
				w := newWorld(t)
				driver, dir := s.open(t)
				w.keepIn(sealed(t, w.cfg.Secrets, driver))
				test(w, s, dir)
				if err := w.flow.Close(t.Context()); err != nil {
					t.Errorf("Close: %v", err)
				}
				w.audit(0)
			}
			if s.real {
				run(t)
			} else {
				synctest.Test(t, run)
			}
		})
	}
}

// keepIn gives the world another journal, and a process over it.
func (w *world) keepIn(driver journal.Driver) {
	w.journal.Store = driver
	w.start()
}

// sealed is the journal as the program has it.
func sealed(t testing.TB, secrets []Secret, driver journal.Driver) journal.Driver {
	t.Helper()
	var cfg seal.Config
	for _, s := range secrets {
		cfg.Secrets = append(cfg.Secrets, seal.Secret(s))
	}
	sealer, err := seal.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sealer.Store(seal.Deps{Driver: driver})
}

// files reads the files below a directory that were written since, by name.
func files(t testing.TB, dir string, since time.Time) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		// A server's files may be gone again, and its socket is none.
		if info, gone := os.Stat(path); gone == nil && info.Mode().IsRegular() && !info.ModTime().Before(since) {
			if text, gone := os.ReadFile(path); gone == nil {
				out[path] = text
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
