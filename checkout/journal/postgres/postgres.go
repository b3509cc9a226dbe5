// Package postgres is a journal in PostgreSQL: for any number of gateways, which find each other's orders when one of them dies.
//
//	postgres.go  opening and closing                    schema.go   the tables and their versions
//	connect.go   how a connection is made safe          rows.go     rows to columns and back
//	gate.go      how a server that is away is left alone   store.go   inserting, finding, taking, claiming
//	advance.go   group commit                           keep.go     leases, operators, retention
//
// The clock is the server's, so that gateways need not agree on the time. Two gateways with epochs under which they hold the same row
// cannot both write it: each write names its epoch, and the number of the write before it.
//
// A server that is away makes calls fail at once, with growing pauses between attempts to reach it; the first call after it is back
// goes through. The tables are made, or brought up to date, by whichever gateway comes first.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/batch"
	"tiffin/fault"
)

// Config is where the server is, and what it may cost. The defaults stand in brackets.
type Config struct {
	// DSN is the server's address, as a URL or as keywords (https://www.postgresql.org/docs/current/libpq-connect.html).
	DSN string
	// MaxConns is how many connections are held at the most [8].
	MaxConns int
	// ConnectTimeout bounds connecting to one host [3s].
	ConnectTimeout time.Duration
	// StatementTimeout bounds a statement at the server [5s], and half of it waiting for another's lock.
	StatementTimeout time.Duration
	// BackoffMax bounds the pause before the server is tried again [5s].
	BackoffMax time.Duration
	// Waiting is how many advances may wait for their commit; one more is refused [4096].
	Waiting int
}

// Defaults lack the address.
func Defaults() Config {
	return Config{
		MaxConns: 8, ConnectTimeout: 3 * time.Second, StatementTimeout: 5 * time.Second, BackoffMax: 5 * time.Second, Waiting: 4096,
	}
}

// Validate reports all that is wrong.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	refuse := func(path, reason, remedy string) {
		problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
	}
	if reason := refuseDSN(c.DSN); reason != "" {
		refuse("dsn", reason, "write an address such as postgres://tiffin@db.example.com/tiffin?sslmode=verify-full")
	}
	if c.MaxConns < 2 || c.MaxConns > 1000 {
		refuse("max_conns", "is out of range", "give a number from 2 to 1000")
	}
	if c.Waiting < 1 || c.Waiting > 100_000 {
		refuse("waiting", "is out of range", "give a number from 1 to 100000")
	}
	for path, d := range map[string]time.Duration{
		"connect_timeout": c.ConnectTimeout, "statement_timeout": c.StatementTimeout, "backoff_max": c.BackoffMax,
	} {
		if d < 100*time.Millisecond || d > time.Minute {
			refuse(path, "is out of range", "give a duration from 100ms to 1m")
		}
	}
	return problems
}

// Deps are the collaborators.
type Deps struct {
	// Dial opens a connection to the server; nil means a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// mostPerCommit bounds a transaction, so that the first in it do not wait long for the last.
const mostPerCommit = 256

// Store is a [journal.Driver] in PostgreSQL.
type Store struct {
	cfg    Config
	connTo *pgxpool.Config
	queue  *batch.Queue[advance]

	// pool is set by Open.
	pool *pgxpool.Pool
	// turn is held by the one who makes the tables ready.
	turn chan struct{}
	// ready is set once the tables are as this program wants them.
	ready atomic.Bool
}

var _ journal.Driver = (*Store)(nil)

// New returns a store, and asks no server before Open. The error is one that Validate reports.
func New(cfg Config, deps Deps) (*Store, error) {
	connTo, err := connectConfig(cfg, deps)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, connTo: connTo, turn: make(chan struct{}, 1)}
	s.queue = batch.New(batch.Config{Waiting: cfg.Waiting, Most: mostPerCommit}, batch.Deps[advance]{Commit: s.commit})
	return s, nil
}

// Open implements [journal.Driver]: it makes the tables, or brings them up to date. Where the server is out of reach it returns
// [journal.ErrUnavailable], and each later call tries again. Any other error is for somebody to act on: tables of a newer program,
// or a server that refuses this user.
func (s *Store) Open(ctx context.Context) error {
	pool, err := pgxpool.NewWithConfig(ctx, s.connTo)
	if err != nil {
		return fmt.Errorf("the journal in PostgreSQL: %w", err)
	}
	s.pool = pool
	s.queue.Start()
	return s.prepare(ctx)
}

// Close implements [journal.Driver]: it commits what was accepted and closes all connections.
func (s *Store) Close() error {
	s.queue.Close()
	if s.pool != nil {
		s.pool.Close()
	}
	return nil
}

// patience is how long a call takes at the most, whatever the server and the network do.
func (s *Store) patience() time.Duration { return s.cfg.ConnectTimeout + s.cfg.StatementTimeout }

// call does something with the server: within bounds, with the tables ready, and with its errors in the journal's words.
func (s *Store) call(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	switch err := s.prepare(ctx); {
	case errors.Is(err, journal.ErrNotWritten):
		return err
	case err != nil: // the tables may have been changed, but nothing was done of what was asked
		return fmt.Errorf("%w: %w", journal.ErrNotWritten, err)
	}
	err := fn(ctx)
	if err == nil || errors.Is(err, journal.ErrFenced) {
		return err
	}
	if isReadOnly(err) {
		s.pool.Reset() // its connections lead to who was the primary; new ones are asked whether they write
	}
	return unavailable(err)
}
