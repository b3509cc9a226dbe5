package file_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/file"
)

// far is a file in a folder of its own, and whoever replaces it.
type far struct {
	t    *testing.T
	path string
	// changed is nil where the operating system notifies.
	changed  chan struct{}
	readings atomic.Int32
}

func newFar(t *testing.T, first []discovery.Endpoint) *far {
	f := &far{t: t, path: filepath.Join(t.TempDir(), "orders.json")}
	f.Set(first)
	return f
}

// quiet returns a far whose notifications are a channel, so that it can live in a bubble.
func quiet(t *testing.T, first []discovery.Endpoint) *far {
	f := newFar(t, first)
	f.changed = make(chan struct{}, 1)
	return f
}

func (f *far) Set(set []discovery.Endpoint) {
	type entry struct {
		Addr   string `json:"addr"`
		Zone   string `json:"zone,omitempty"`
		Weight int    `json:"weight,omitempty"`
	}
	entries := []entry{}
	for _, e := range set {
		entries = append(entries, entry{e.Addr, e.Zone, e.Weight})
	}
	text, err := json.Marshal(entries)
	if err != nil {
		f.t.Fatal(err)
	}
	f.replace(string(text))
}

func (f *far) Fail() { f.replace("[{") }

func (f *far) Requests() int { return int(f.readings.Load()) }

// replace does what an editor or a deployment does: write beside, then rename.
func (f *far) replace(text string) {
	beside := f.path + ".new"
	f.must(os.WriteFile(beside, []byte(text), 0o600))
	f.must(os.Rename(beside, f.path))
	f.notify()
}

func (f *far) notify() {
	select {
	case f.changed <- struct{}{}:
	default: // one is waiting, or nobody listens to the channel
	}
}

func (f *far) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *far) deps() file.Deps {
	deps := file.Deps{Read: func(path string) ([]byte, error) {
		f.readings.Add(1)
		return os.ReadFile(path)
	}}
	if f.changed != nil {
		deps.Notify = func(string) (<-chan struct{}, func(), error) { return f.changed, func() {}, nil }
	}
	return deps
}
