package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tiffin/checkout/journal"
)

// line is the network between a store and the server.
type line struct {
	dials atomic.Int64
	// slow is added to each message to the server.
	slow time.Duration
	// deaf: what is sent arrives, but no answer comes back.
	deaf atomic.Bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.dials.Add(1)
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return lineConn{conn, l}, nil
}

type lineConn struct {
	net.Conn

	line *line
}

func (c lineConn) Write(p []byte) (int, error) {
	if c.line.slow > 0 {
		<-time.After(c.line.slow)
	}
	return c.Conn.Write(p)
}

func (c lineConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.line.deaf.Load() {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// until repeats what may fail for a while.
func until(t *testing.T, what string, fn func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for range 4000 {
		if fn() {
			return
		}
		<-ticker.C
	}
	t.Fatalf("it never came to this: %s", what)
}

func step(write int64, state string) journal.Step { return journal.Step{Write: write, State: state} }

// The server dies, is away, and comes back: calls fail at once and in the journal's words, the server is not stormed, what was
// acknowledged is there, and the store goes on by itself.
func TestTheServerDiesAndComesBack(t *testing.T) {
	b := start(t)
	wire := &line{}
	cfg := config(b.place(t))
	cfg.BackoffMax = 200 * time.Millisecond
	s, err := New(cfg, Deps{Dial: wire.dial})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	row := insert(t, s, journal.Row{SagaID: "a", Key: "a"})
	for round := range 3 {
		if err := s.Advance(t.Context(), "a", row.Epoch, step(int64(round+1), fmt.Sprint(round))); err != nil {
			t.Fatal(err)
		}
		if err := b.server.Crash(); err != nil {
			t.Fatal(err)
		}
		dials := wire.dials.Load()
		for n := range 1000 {
			_, _, err := s.Insert(t.Context(), journal.Row{SagaID: fmt.Sprint(round, n), Key: fmt.Sprint(round, n)})
			if !errors.Is(err, journal.ErrUnavailable) {
				t.Fatalf("Insert without a server: %v", err)
			}
		}
		if err := s.Advance(t.Context(), "a", row.Epoch, step(int64(round+2), "x")); !errors.Is(err, journal.ErrUnavailable) {
			t.Errorf("Advance without a server: %v", err)
		}
		if storm := wire.dials.Load() - dials; storm > 50 {
			t.Errorf("1000 calls dialled %d times", storm)
		}
		if err := b.server.Start(); err != nil {
			t.Fatal(err)
		}
		until(t, "the store reaches the server again", func() bool {
			row, found, err := s.Show(t.Context(), "a")
			if err == nil && (!found || row.State != fmt.Sprint(round)) {
				t.Fatalf("row = %+v, %v; want state %d", row, found, round)
			}
			return err == nil
		})
	}
}

// A gateway may start before its database.
func TestOpenWithoutAServer(t *testing.T) {
	b := start(t)
	dsn := b.place(t)
	if err := b.server.Stop(); err != nil {
		t.Fatal(err)
	}
	s := newStore(t, dsn, Deps{})
	if _, _, err := s.Find(t.Context(), "", "", ""); !errors.Is(err, journal.ErrNotWritten) {
		t.Errorf("before Open: %v", err)
	}
	if err := s.Open(t.Context()); !errors.Is(err, journal.ErrUnavailable) {
		t.Errorf("Open without a server: %v", err)
	}
	if _, _, err := s.Insert(t.Context(), journal.Row{SagaID: "a"}); !errors.Is(err, journal.ErrNotWritten) {
		t.Errorf("Insert without a server: %v", err)
	}
	if err := b.server.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "the tables are made", func() bool {
		_, _, err := s.Insert(t.Context(), journal.Row{SagaID: "a"})
		return err == nil
	})
}

func TestTrouble(t *testing.T) {
	b := start(t)

	t.Run("an answer is lost", func(t *testing.T) {
		wire, other := &line{}, &Store{}
		s := newStore(t, b.place(t), Deps{Dial: wire.dial})
		if err := s.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		other = open(t, s.cfg.DSN)
		row := insert(t, s, journal.Row{SagaID: "a"})
		if err := s.Advance(t.Context(), "a", row.Epoch, step(1, "0")); err != nil { // and the statement is known to the server
			t.Fatal(err)
		}
		wire.deaf.Store(true)
		err := s.Advance(t.Context(), "a", row.Epoch, step(2, "1"))
		if !errors.Is(err, journal.ErrUnavailable) || errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("error = %v; want one that leaves it open", err)
		}
		until(t, "the advance is done though its answer was lost", func() bool {
			row, _, _ := other.Show(t.Context(), "a")
			return row.State == "1"
		})
		wire.deaf.Store(false)
		until(t, "the advance is repeated", func() bool { return s.Advance(t.Context(), "a", row.Epoch, step(2, "1")) == nil })
	})

	t.Run("an advance that can never succeed takes no other along", func(t *testing.T) {
		s := open(t, b.place(t))
		insert(t, s, journal.Row{SagaID: "a"})
		errs := s.commit([]advance{{"a", 1, step(1, "ok")}, {"a", 1, step(2, "no such character: \x00")}, {"b", 1, step(1, "ok")}, {"a", 1, step(2, "last")}})
		if errs[0] != nil || !errors.Is(errs[1], journal.ErrUnavailable) || !errors.Is(errs[2], journal.ErrFenced) || errs[3] != nil {
			t.Errorf("errors = %v; want none, unavailable, fenced, none", errs)
		}
		if row, _, _ := s.Show(t.Context(), "a"); row.State != "last" {
			t.Errorf("state = %q; want the last", row.State)
		}
	})

	t.Run("a claim passes over rows that somebody else is claiming", func(t *testing.T) {
		s := open(t, b.place(t))
		insert(t, s, journal.Row{SagaID: "a", Key: "a"})
		insert(t, s, journal.Row{SagaID: "b", Key: "b"})
		tx, err := s.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(context.WithoutCancel(t.Context()))
		if _, err := tx.Exec(t.Context(), `SELECT FROM placement WHERE saga_id = 'a' FOR UPDATE`); err != nil {
			t.Fatal(err)
		}
		rows, err := s.Claim(t.Context(), journal.Claim{Owner: "x", Version: 1, Limit: 10})
		if err != nil || len(rows) != 1 || rows[0].SagaID != "b" {
			t.Errorf("claimed %+v, %v; want b only", rows, err)
		}
	})

	t.Run("a statement has bounds", func(t *testing.T) {
		s := open(t, b.place(t))
		for setting, want := range map[string]string{
			"statement_timeout": "5s", "lock_timeout": "2500ms", "idle_in_transaction_session_timeout": "5s", "synchronous_commit": "on", "application_name": "tiffin",
		} {
			var got string
			if err := s.pool.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got); err != nil || got != want {
				t.Errorf("%s = %q, %v; want %q", setting, got, err, want)
			}
		}
	})

	t.Run("options cannot make commits worthless", func(t *testing.T) {
		s := open(t, b.place(t)+" options='-c synchronous_commit=off'")
		var got string
		if err := s.pool.QueryRow(t.Context(), `SELECT current_setting('synchronous_commit')`).Scan(&got); err != nil || got != "on" {
			t.Errorf("synchronous_commit = %q, %v; want on", got, err)
		}
	})

	t.Run("a server that has become read-only is left for one that writes", func(t *testing.T) {
		s := open(t, b.place(t))
		conns := s.pool.AcquireAllIdle(t.Context())
		if len(conns) == 0 {
			t.Fatal("no connection")
		}
		for _, conn := range conns {
			if _, err := conn.Exec(t.Context(), `SET default_transaction_read_only = on`); err != nil {
				t.Fatal(err)
			}
			conn.Release()
		}
		if _, _, err := s.Insert(t.Context(), journal.Row{SagaID: "a", Key: "a"}); !errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("Insert where nothing can be written: %v", err)
		}
		insert(t, s, journal.Row{SagaID: "a", Key: "a"})
	})

	t.Run("what the server refuses was not written", func(t *testing.T) {
		dsn := b.place(t)
		s := open(t, dsn)
		b.exec(t, dsn, `ALTER TABLE placement ADD CHECK (key <> 'no')`)
		if _, _, err := s.Insert(t.Context(), journal.Row{SagaID: "a", Key: "no"}); !errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("Insert: %v; want it not written", err)
		}
		b.exec(t, dsn, `ALTER TABLE placement RENAME TO elsewhere`)
		if _, err := s.Take(t.Context(), "a", 1, "x"); !errors.Is(err, journal.ErrNotWritten) {
			t.Errorf("Take: %v; want it not written", err)
		}
	})

	t.Run("many decisions are committed at once", func(t *testing.T) {
		if got := load(t, b.place(t), &line{slow: 2 * time.Millisecond}, 32, 20); got < 4 {
			t.Errorf("decisions per commit = %.1f; want at least 4", got)
		}
	})

	t.Run("leases that lapsed long ago are forgotten", func(t *testing.T) {
		s := open(t, b.place(t))
		for owner, ttl := range map[string]time.Duration{"old": -25 * time.Hour, "new": time.Second} {
			if err := s.Beat(t.Context(), owner, ttl); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Expire(t.Context(), time.Hour, 10); err != nil {
			t.Fatal(err)
		}
		var owners string
		if err := s.pool.QueryRow(t.Context(), `SELECT string_agg(id, ' ') FROM gateway`).Scan(&owners); err != nil || owners != "new" {
			t.Errorf("owners = %q, %v; want only the new one", owners, err)
		}
	})
}

// load lets writers advance a row each, so many times, and returns how many decisions went into a commit on the average.
func load(t testing.TB, dsn string, wire *line, writers, times int) float64 {
	t.Helper()
	s := newStore(t, dsn, Deps{Dial: wire.dial})
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range writers {
		insert(t, s, journal.Row{SagaID: fmt.Sprint(n), Key: fmt.Sprint(n), Request: make([]byte, 1000)})
	}
	transactions := func() (n float64) {
		if err := s.pool.QueryRow(t.Context(), `SELECT txid_current()::float8`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := transactions()
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() {
			for i := range times {
				if err := s.Advance(t.Context(), fmt.Sprint(n), 1, journal.Step{Write: int64(i + 1), State: "X", Data: make([]byte, 200)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	return float64(writers*times) / (transactions() - before - 1)
}

func BenchmarkAdvance(b *testing.B) {
	server := &bench{server: startSynced(b)}
	for _, slow := range []time.Duration{0, 2 * time.Millisecond} {
		for _, writers := range []int{1, 32} {
			b.Run(fmt.Sprintf("slow=%v/writers=%d", slow, writers), func(b *testing.B) {
				b.ReportMetric(load(b, server.place(b), &line{slow: slow}, writers, max(1, b.N/writers)), "decisions/commit")
			})
		}
	}
}
