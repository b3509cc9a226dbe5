//go:build unix

package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/postgres"
	"tiffin/checkout/journal/sqlite"
)

// Kind is where a drill's gateways keep their journal.
type Kind string

// The kinds of journals, in the words of the configuration.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
	Memory   Kind = "memory"
)

// Database is a PostgreSQL that can crash.
type Database interface {
	DSN() string
	// Crash ends it as a crash does, Start brings it back.
	Crash() error
	Start() error
}

// ledger is the journal, looked at from outside: its gateways know nothing of it.
type ledger interface {
	// settings are the journal's, below checkout.journal.
	settings() string
	// driven counts the open rows that an owner drives, or drove when it died; those of all owners where it has no name. Parked ones do
	// not count.
	driven(ctx context.Context, owner string) (int, error)
	// live reports whether driven works while a gateway runs.
	live() bool
	close() error
}

func openLedger(ctx context.Context, kind Kind, dir string, db Database) (ledger, error) {
	switch kind {
	case SQLite:
		return &file{path: filepath.Join(dir, "journal.db"), dir: dir}, nil
	case Postgres:
		cfg := postgres.Defaults()
		cfg.DSN, cfg.MaxConns = db.DSN(), 2
		store, err := postgres.New(cfg, postgres.Deps{})
		if err != nil {
			return nil, err
		}
		return &server{cfg.DSN, store}, store.Open(ctx)
	default:
		return nothing{}, nil
	}
}

// mostOpen bounds the open rows that are looked at: more than there are customers.
const mostOpen = 1000

func count(rows []journal.Row, owner string) (n int) {
	for _, row := range rows {
		if !row.Parked() && (owner == "" || row.Owner == owner) {
			n++
		}
	}
	return n
}

// server is a journal in PostgreSQL.
type server struct {
	dsn   string
	store *postgres.Store
}

func (s *server) settings() string { return fmt.Sprintf("kind: postgres\n    dsn: %q\n", s.dsn) }
func (s *server) live() bool       { return true }

func (s *server) driven(ctx context.Context, owner string) (int, error) {
	rows, err := s.store.ListOpen(ctx, mostOpen)
	return count(rows, owner), err
}

func (s *server) close() error { return s.store.Close() }

// file is a journal in SQLite. A copy of it is looked at, so that the next gateway finds the file as the dead one left it.
type file struct{ path, dir string }

func (f *file) settings() string { return fmt.Sprintf("kind: sqlite\n    path: %q\n", f.path) }
func (*file) live() bool         { return false }
func (*file) close() error       { return nil }

// parts are the database and its write-ahead log; what else there is, SQLite makes anew.
func (f *file) parts() []string { return []string{f.path, f.path + "-wal"} }

func (f *file) driven(ctx context.Context, owner string) (n int, err error) {
	dir, err := os.MkdirTemp(f.dir, "copy")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, part := range f.parts() {
		if err := duplicate(part, filepath.Join(dir, filepath.Base(part))); err != nil {
			return 0, err
		}
	}
	cfg := sqlite.Defaults()
	cfg.Path = filepath.Join(dir, filepath.Base(f.path))
	store := sqlite.New(cfg, sqlite.Deps{})
	if err := store.Open(ctx); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	rows, err := store.ListOpen(ctx, mostOpen)
	return count(rows, owner), err
}

func duplicate(from, to string) error {
	source, err := os.Open(from) //nolint:gosec // G304: a file of our own
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer source.Close()                                                     //nolint:errcheck // it was only read
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600) //nolint:gosec // G304: a file of our own
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// lose removes all that there is of it.
func (f *file) lose() error {
	for _, part := range append(f.parts(), f.path+"-shm") {
		if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// nothing is a journal in a gateway's memory.
type nothing struct{}

func (nothing) settings() string                            { return "kind: memory\n" }
func (nothing) live() bool                                  { return false }
func (nothing) driven(context.Context, string) (int, error) { return 0, nil }
func (nothing) close() error                                { return nil }
