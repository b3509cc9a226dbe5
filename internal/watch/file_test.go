package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/internal/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A file that is renamed into its place, and one that a Kubernetes volume swaps by a link, are seen without polling.
func TestFollowSeesReplacements(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "watched")
	ctx, cancel := context.WithCancel(t.Context())
	looks, ended := make(chan string), make(chan struct{})
	go func() {
		defer close(ended)
		watch.File{Path: path, Poll: time.Hour, Pause: time.Millisecond}.Follow(ctx, func() {
			text, _ := os.ReadFile(path)
			select {
			case looks <- string(text):
			case <-ctx.Done():
			}
		})
	}()
	until := func(want string) {
		t.Helper()
		for got := range looks {
			if got == want {
				return
			}
		}
	}
	until("")
	for _, text := range []string{"one", "two"} {
		beside := filepath.Join(dir, "beside")
		if err := os.WriteFile(beside, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(beside, path); err != nil {
			t.Fatal(err)
		}
		until(text)
	}
	cancel()
	<-ended
}

// Without notifications the file is looked at now and then; a busy folder is looked at no more often than the pause.
func TestFollowPolls(t *testing.T) {
	for name, c := range map[string]struct {
		notify func(string) (<-chan struct{}, func(), error)
		most   int // looks in a minute
	}{
		"no notifications": {func(string) (<-chan struct{}, func(), error) { return nil, nil, errors.New("none") }, 7},
		"silence":          {func(string) (<-chan struct{}, func(), error) { return make(chan struct{}), func() {}, nil }, 7},
		"a busy folder": {func(string) (<-chan struct{}, func(), error) {
			always := make(chan struct{})
			done := make(chan struct{})
			go func() {
				for {
					select {
					case always <- struct{}{}:
					case <-done:
						return
					}
				}
			}()
			return always, func() { close(done) }, nil
		}, 62},
		"a folder that vanishes": {func(string) (<-chan struct{}, func(), error) {
			gone := make(chan struct{})
			close(gone)
			return gone, func() {}, nil
		}, 62},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				looks := 0
				watch.File{Path: "/nowhere/file", Poll: 10 * time.Second, Pause: time.Second, Notify: c.notify}.Follow(ctx, func() { looks++ })
				if looks < 6 || looks > c.most {
					t.Errorf("%d looks in a minute, at most %d are right", looks, c.most)
				}
			})
		})
	}
}
