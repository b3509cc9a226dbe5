package health

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/discovery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const second = time.Second

// newSet returns a Set of the addresses, without slow start.
func newSet(t *testing.T, addrs ...string) *balance.Set {
	t.Helper()
	cfg := balance.Defaults()
	cfg.Policy, cfg.SlowStart = "round_robin", 0
	s, err := balance.NewSet(cfg, balance.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	s.Update(endpoints(addrs...))
	return s
}

func endpoints(addrs ...string) []discovery.Endpoint {
	var out []discovery.Endpoint
	for _, addr := range addrs {
		out = append(out, discovery.Endpoint{Addr: addr})
	}
	return out
}

// picked is who gets calls now.
func picked(t *testing.T, s *balance.Set) string {
	t.Helper()
	got := map[string]bool{}
	for range 100 {
		lease, err := s.Pick(nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		got[lease.Addr()] = true
		lease.Done(balance.Cancelled)
	}
	names := ""
	for _, i := range s.Instances() {
		if got[i.Addr()] {
			names += i.Addr()
		}
	}
	return names
}

// advance passes fake time, and waits for all that was due by its end.
func advance(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// log gathers what hooks are told.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// told fails unless the hooks were told exactly this since the last look.
func (l *log) told(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.lines, want) {
		t.Errorf("told %q, want %q", l.lines, want)
	}
	l.lines = nil
}
