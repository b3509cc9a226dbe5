package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiffin/checkout/journal"
)

// Whoever comes second hears who is first and what to do, by whichever name it calls the file.
func TestASecondStoreIsRefused(t *testing.T) {
	first := openNew(t, Deps{})
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(first.cfg.Path, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{first.cfg.Path, link} {
		err := New(config(path), Deps{}).Open(t.Context())
		if err == nil {
			t.Fatal("a second store opened the same file")
		}
		for _, want := range []string{fmt.Sprintf("process %d on ", os.Getpid()), "stop that gateway first", "PostgreSQL"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error = %v; want %q in it", err, want)
			}
		}
	}
	insert(t, first, journal.Row{SagaID: "a"})
	closeStore(t, first)
	open(t, first.cfg, Deps{})
}

// A lock whose holder left no name is still a lock.
func TestAnUnsignedLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	lock, err := lockFile(path, t0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.unlock()
	if err := lock.file.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if _, err := lockFile(path, t0); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("error = %v", err)
	}
}
