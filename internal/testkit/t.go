package testkit

import (
	"fmt"
	"sync"
)

// T is the part of testing.TB that the helpers use. It is an interface of our
// own so that the product, which links the demo, does not link package testing,
// and so that the helpers' own tests can see a failure being reported.
type T interface {
	Helper()
	Cleanup(f func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// FakeT is a T that remembers what was reported, for tests of helpers. It goes on
// after Fatalf and Skipf, and it runs no cleanups. It is safe for concurrent use
// through its methods; read the fields when those are done.
type FakeT struct {
	mu sync.Mutex

	Errors []string // of Errorf
	Fatals []string // of Fatalf
	Skips  []string // of Skipf
}

// Helper implements T.
func (*FakeT) Helper() {}

// Cleanup implements T.
func (*FakeT) Cleanup(func()) {}

// Errorf implements T.
func (t *FakeT) Errorf(format string, args ...any) { t.add(&t.Errors, format, args) }

// Fatalf implements T.
func (t *FakeT) Fatalf(format string, args ...any) { t.add(&t.Fatals, format, args) }

// Skipf implements T.
func (t *FakeT) Skipf(format string, args ...any) { t.add(&t.Skips, format, args) }

func (t *FakeT) add(to *[]string, format string, args []any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*to = append(*to, fmt.Sprintf(format, args...))
}
