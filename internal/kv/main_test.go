package kv

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newStore returns a Store in memory only, with the bound in bytes.
func newStore(t testing.TB, memory int64) *Store {
	t.Helper()
	cfg := Defaults()
	cfg.Memory = memory
	s, err := New(cfg, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// take is Slot without its error.
func take(t testing.TB, s *Store, name string, tags ...string) Slot {
	t.Helper()
	slot, err := s.Slot(t.Context(), name, tags...)
	if err != nil {
		t.Fatal(err)
	}
	return slot
}

// far is a Redis in memory that can be away, and counts the dials.
type far struct {
	*miniredis.Miniredis
	refusing atomic.Bool
	silent   atomic.Bool  // connections are accepted, and that is all
	delay    atomic.Int64 // of what it answers, in nanoseconds
	dials    atomic.Int32
	whileOff atomic.Int32
	failures atomic.Int32

	mu   sync.Mutex
	open []net.Conn
}

// newFar must be called in the bubble that uses it.
func newFar(t *testing.T) *far {
	t.Helper()
	f := &far{Miniredis: miniredis.NewMiniRedis()}
	f.ClockTTL(true)
	t.Cleanup(f.Close)
	return f
}

func (f *far) dial(context.Context, string, string) (net.Conn, error) {
	f.dials.Add(1)
	if f.refusing.Load() {
		f.whileOff.Add(1)
		return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
	}
	if f.silent.Load() {
		near, _ := net.Pipe()
		return near, nil
	}
	conn, err := f.Dial()
	conn = late{conn, f}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = append(f.open, conn)
	return conn, err
}

// late is a connection whose answers are under way for a while.
type late struct {
	net.Conn
	far *far
}

func (l late) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if delay := l.far.delay.Load(); delay > 0 {
		sleep(time.Duration(delay))
	}
	return n, err
}

// leave refuses new connections and cuts those there are; refusing.Store(false) ends it.
func (f *far) leave() {
	f.refusing.Store(true)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.open {
		_ = conn.Close()
	}
	f.open = nil
}

// gateway is a Store over the far Redis.
func (f *far) gateway(t *testing.T) *Store {
	t.Helper()
	cfg := Defaults()
	cfg.Redis = "redis://far:6379"
	s, err := New(cfg, Deps{Dial: f.dial, Failed: func(error) { f.failures.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// running is a gateway whose Run runs.
func (f *far) running(t *testing.T) *Store {
	t.Helper()
	s := f.gateway(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return s
}

// sleep lets fake time pass.
func sleep(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // fake time, in bubbles only
