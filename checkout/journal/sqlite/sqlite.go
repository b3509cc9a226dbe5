// Package sqlite is a journal in a file: for one gateway, with nothing else to run. It survives kill -9, and a power cut as far as the
// disk honours fsync.
//
//	sqlite.go   opening and closing                      lock.go      one process per file
//	dsn.go      how SQLite is told to be safe            check.go     is it ours, and whole
//	write.go    group commit, and what goes through it   schema.go    the tables and their versions
//	read.go     what does not                            rows.go      rows to columns and back
//	statements.go  what is compiled once
//
// # What is on disk when
//
// A write is acknowledged when its transaction is in the write-ahead log and the log is synced. What a closing step erases is
// overwritten in the database at once (secure_delete); the log's copy goes when the log is emptied, at the latest
// Config.CheckpointEvery later.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/batch"
	"tiffin/fault"
)

// Config is where the file is, and what may wait.
type Config struct {
	// Path is the database's file; its directory must exist and be on a local disk. Beside it are <path>-wal, <path>-shm and
	// <path>.lock.
	Path string
	// Waiting is how many writes may wait for the disk; one more is refused [4096].
	Waiting int
	// CheckpointEvery is how often the write-ahead log is emptied, where something was written [10s].
	CheckpointEvery time.Duration
}

// Defaults lack the path.
func Defaults() Config { return Config{Waiting: 4096, CheckpointEvery: 10 * time.Second} }

// Validate reports all that is wrong.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	refuse := func(path, reason, remedy string) {
		problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
	}
	if c.Path == "" {
		refuse("path", "is empty", "name a file on a local disk that outlives the process, such as /var/lib/tiffin/journal.db")
	}
	if c.Waiting < 1 || c.Waiting > 100_000 {
		refuse("waiting", "is out of range", "give a number from 1 to 100000")
	}
	if c.CheckpointEvery < 100*time.Millisecond || c.CheckpointEvery > time.Hour {
		refuse("checkpoint_every", "is out of range", "give a duration from 100ms to 1h")
	}
	return problems
}

// Deps are the collaborators; all may be nil.
type Deps struct {
	// Now is the clock of the rows; nil means time.Now.
	Now func() time.Time
	// OnError hears of a checkpoint that failed, which the next one makes good. Nil means nobody.
	OnError func(error)
	// Wrap puts something between the store and its driver, such as a slow disk; nil means nothing.
	Wrap func(driver.Connector) driver.Connector
}

const (
	// mostPerCommit bounds a transaction, so that the first in it do not wait long for the last.
	mostPerCommit = 256
	// readers is how many reads run at once; they do not wait for writes.
	readers = 4
)

// Store is a [journal.Driver] in a file. It belongs to one process, so an owner other than the one who claims is one that is gone.
type Store struct {
	cfg   Config
	deps  Deps
	queue *batch.Queue[op]

	// Set by Open.
	lock   *fileLock
	writer *sql.DB // one connection, used by the queue's goroutine only
	reader *sql.DB

	statements statements
}

var _ journal.Driver = (*Store)(nil)

// New returns a store whose cfg has been validated, and touches no file before Open.
func New(cfg Config, deps Deps) *Store {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.OnError == nil {
		deps.OnError = func(error) {}
	}
	if deps.Wrap == nil {
		deps.Wrap = func(c driver.Connector) driver.Connector { return c }
	}
	s := &Store{cfg: cfg, deps: deps}
	s.queue = batch.New(
		batch.Config{Waiting: cfg.Waiting, Most: mostPerCommit, TidyAfter: cfg.CheckpointEvery},
		batch.Deps[op]{Commit: s.commit, Tidy: s.checkpoint},
	)
	return s
}

// Open implements [journal.Driver]: it locks the file, which it creates if need be, checks that it is whole, brings its tables up to
// date, and starts the writer. It fails where somebody has to act.
func (s *Store) Open(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	path, err := resolve(s.cfg.Path)
	if err != nil {
		return err
	}
	if s.lock, err = lockFile(path, s.deps.Now()); err != nil {
		return err
	}
	if err := create(path); err != nil {
		return err
	}
	if err := s.connect(path); err != nil {
		return err
	}
	if err := check(ctx, s.writer, path); err != nil {
		return err
	}
	if err := migrate(ctx, s.writer, changes(), path); err != nil {
		return err
	}
	if err := s.statements.prepare(ctx, s.writer, s.reader); err != nil {
		return err
	}
	s.queue.Start()
	return nil
}

// connect prepares both pools; they open their connections when they are used.
func (s *Store) connect(path string) error {
	for _, pool := range []struct {
		db   **sql.DB
		dsn  string
		most int
	}{{&s.writer, writerDSN(path), 1}, {&s.reader, readerDSN(path), readers}} {
		connector, err := newConnector(pool.dsn)
		if err != nil {
			return fmt.Errorf("the journal %s: %w", path, err)
		}
		*pool.db = sql.OpenDB(s.deps.Wrap(connector))
		(*pool.db).SetMaxOpenConns(pool.most)
		(*pool.db).SetMaxIdleConns(pool.most)
	}
	return nil
}

// Close implements [journal.Driver]: it commits what was accepted, empties the log, and gives the file back.
func (s *Store) Close() error {
	s.queue.Close()
	return s.release()
}

// release gives back what Open took, the lock last. The writer goes after the readers: the last connection removes the log.
func (s *Store) release() error {
	errs := []error{s.statements.close()}
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.unlock())
		s.lock = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("closing the journal %s: %w", s.cfg.Path, err)
	}
	return nil
}
