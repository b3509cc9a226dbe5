package file_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/file"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	discoverytest.Run(t, discoverytest.Suite{
		Open: func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
			f := quiet(t, first)
			cfg := file.Defaults()
			cfg.Path = f.path
			return file.New(cfg, f.deps()), f
		},
	})
}

// notified is a Config whose polling cannot be what notices a change within the test.
func notified(path string) file.Config {
	cfg := file.Defaults()
	cfg.Path, cfg.Poll, cfg.Backoff.Base = path, time.Hour, time.Millisecond
	return cfg
}

func TestConformanceWithTheOperatingSystem(t *testing.T) {
	discoverytest.Run(t, discoverytest.Suite{
		Real: true,
		Open: func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
			f := newFar(t, first)
			return file.New(notified(f.path), f.deps()), f
		},
	})
}

// A volume of Kubernetes: the file is a link into ..data, which is a link to a folder with a time in its name, and is replaced whole.
func TestSymlinkSwap(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.json")
	mount := func(version, text string) {
		t.Helper()
		for _, err := range []error{
			os.Mkdir(filepath.Join(dir, version), 0o700),
			os.WriteFile(filepath.Join(dir, version, "orders.json"), []byte(text), 0o600),
			os.Symlink(version, filepath.Join(dir, "..data_tmp")),
			os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	mount("..2026_01", `[{"addr": "10.0.0.1:8100"}]`)
	if err := os.Symlink("..data/orders.json", path); err != nil {
		t.Fatal(err)
	}
	w := discoverytest.Start(t, file.New(notified(path), file.Deps{}), true)
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	mount("..2026_02", `[{"addr": "10.0.0.2:8100"}]`)
	w.Set(discoverytest.Endpoints("10.0.0.2"))
	mount("..2026_03", `oops`)
	_ = w.Failure()
	mount("..2026_04", `[{"addr": "10.0.0.2:8100"}]`)
	w.Recovery(discoverytest.Endpoints("10.0.0.2"))
}

func TestFolderReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "instances")
	path := filepath.Join(dir, "orders.json")
	write := func(text string) {
		t.Helper()
		beside := dir + ".new"
		if err := errors.Join(os.Mkdir(beside, 0o700), os.WriteFile(filepath.Join(beside, "orders.json"), []byte(text), 0o600), os.Rename(beside, dir)); err != nil {
			t.Fatal(err)
		}
	}
	cfg := notified(path)
	cfg.Backoff.Max = 10 * time.Millisecond
	w := discoverytest.Start(t, file.New(cfg, file.Deps{}), true)
	if err := w.Failure(); !strings.Contains(err.Error(), "no such file") {
		t.Errorf("without the folder: %v", err)
	}
	write(`[{"addr": "10.0.0.1:8100"}]`)
	w.Recovery(discoverytest.Endpoints("10.0.0.1"))
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	_ = w.Failure()
	write(`[{"addr": "10.0.0.2:8100"}]`)
	w.Recovery(discoverytest.Endpoints("10.0.0.2"))
}

func TestWithoutNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := quiet(t, discoverytest.Endpoints("10.0.0.1"))
		cfg := file.Defaults()
		cfg.Path = f.path
		deps := f.deps()
		deps.Notify = func(string) (<-chan struct{}, func(), error) { return nil, nil, errors.New("too many open files") }
		w := discoverytest.Start(t, file.New(cfg, deps), false)
		if err := w.Failure(); !strings.Contains(err.Error(), "too many open files; the file is read every 10s instead") {
			t.Errorf("failure %v", err)
		}
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		f.Set(discoverytest.Endpoints("10.0.0.2"))
		w.Recovery(discoverytest.Endpoints("10.0.0.2"))
	})
}

func TestAMissedNotification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := quiet(t, discoverytest.Endpoints("10.0.0.1"))
		cfg := file.Defaults()
		cfg.Path = f.path
		w := discoverytest.Start(t, file.New(cfg, f.deps()), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		synctest.Wait()
		began := time.Now()
		f.Set(discoverytest.Endpoints("10.0.0.2"))
		<-f.changed // lost
		w.Set(discoverytest.Endpoints("10.0.0.2"))
		if late := time.Since(began); late > cfg.Poll {
			t.Errorf("seen after %v, want at most %v", late, cfg.Poll)
		}
	})
}

func TestABusyFolderCostsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := quiet(t, discoverytest.Endpoints("10.0.0.1"))
		cfg := file.Defaults()
		cfg.Path = f.path
		w := discoverytest.Start(t, file.New(cfg, f.deps()), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		before := f.Requests()
		for range 10_000 { // for 10 s
			f.notify()
			<-time.After(time.Millisecond)
		}
		if n := f.Requests() - before; n > 100 {
			t.Errorf("%d readings in 10 s, want at most one per %v", n, cfg.Backoff.Base)
		}
	})
}

func TestParse(t *testing.T) {
	tests := []struct{ url, want string }{
		{"file:///etc/tiffin/orders.json", ""},
		{"file:///etc/tiffin/or%20ders.json?poll=1m&scheme=https", ""},
		{"file://etc/tiffin/orders.json", "url: is not the absolute path"},
		{"file:///", ""},
		{"file://", "url: is not the absolute path"},
		{"file:///etc/../orders.json", "url: is not the absolute path"},
		{"file:///orders.json?poll=1ms", "url: has a parameter poll that is no duration in its range; write one from 1s to 1h0m0s"},
		{"file:///orders.json?pol=1m", "url: has an unknown parameter pol; the parameters of this provider are poll, scheme,"},
	}
	for _, tt := range tests {
		target, problems := discovery.ParseTarget(tt.url)
		if problems != nil {
			t.Fatal(problems)
		}
		_, problems = file.Parse(target.Provider)
		if tt.want == "" && problems != nil || tt.want != "" && (len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.url, problems, tt.want)
		}
	}
}
