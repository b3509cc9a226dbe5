// Package file is the provider of instances listed in a JSON file that somebody else replaces: file:///etc/tiffin/orders.json.
//
//	[{"addr": "10.0.0.1:8100", "zone": "a", "weight": 2}, {"addr": "10.0.0.2:8100"}]
//
// The folder of the file is watched, so a file that is renamed over it and the symbolic links of a Kubernetes volume are seen at once. What
// a folder does not show (network file systems, a link to a file elsewhere) is seen by reading the file now and then. Write the file
// beside its place and rename it: one that is written in place may be read half, which is a failure until the next write.
package file

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/fault"
	"tiffin/internal/watch"
)

// maxFile bounds the file in bytes.
const maxFile = 1 << 20

// Config says which file.
type Config struct {
	// Path of the file, absolute. It need not exist yet.
	Path string
	// Poll is how often the file is read without being told of a change [10s].
	Poll time.Duration
	// Backoff.Base [100ms] is the shortest time between two readings, so that a busy folder costs little.
	Backoff discovery.Backoff
}

// Defaults returns a Config that lacks only the path.
func Defaults() Config {
	return Config{Poll: 10 * time.Second, Backoff: discovery.DefaultBackoff()}
}

// Parse reads "file:///path?poll=10s".
func Parse(u discovery.URL) (Config, []fault.Invalid) {
	params, cfg := discovery.ReadParams(u.Params), Defaults()
	cfg.Poll = params.Duration("poll", cfg.Poll, time.Second, time.Hour)
	cfg.Path = u.Path
	problems := params.Problems()
	if u.Host != "" || !path.IsAbs(u.Path) || path.Clean(u.Path) != u.Path {
		problems = append(problems, discovery.Invalid("is not the absolute path of a file", `write it with three slashes like "file:///etc/tiffin/orders.json"`))
	}
	return cfg, problems
}

// Deps are the collaborators of a Provider, for tests.
type Deps struct {
	// Notify watches a folder: changed has a value whenever something in it has changed since the last one was received, and is closed when
	// the folder cannot be watched any more. Notify of the operating system where it is nil.
	Notify func(dir string) (changed <-chan struct{}, stop func(), err error)
	// Read reads the file, at most some bytes more than 1 MiB of it. The operating system's where it is nil.
	Read func(path string) ([]byte, error)
}

// Provider reads the file whenever it may have changed.
type Provider struct {
	cfg  Config
	deps Deps
}

// New returns a Provider. It opens nothing yet.
func New(cfg Config, deps Deps) *Provider {
	if deps.Notify == nil {
		deps.Notify = watch.Folder
	}
	if deps.Read == nil {
		deps.Read = read
	}
	return &Provider{cfg, deps}
}

// Watch implements discovery.Provider.
func (p *Provider) Watch(ctx context.Context, update func([]discovery.Endpoint), failed func(error)) error {
	return discovery.Follow(ctx, p.cfg.Backoff, p.session, update, failed)
}

// session is one watch of the folder; it goes on over failures to read, which the next change may heal.
func (p *Provider) session(ctx context.Context, tell discovery.Tell) (time.Duration, error) {
	dir := filepath.Dir(p.cfg.Path)
	changed, stop, err := p.deps.Notify(dir) // before reading: no change falls in between
	if err != nil {
		return p.unwatched(tell, fmt.Errorf("watching the folder %s: %w", dir, err))
	}
	defer stop()
	ticker := time.NewTicker(p.cfg.Poll)
	defer ticker.Stop()
	for {
		tell(p.read())
		if !rest(ctx, p.cfg.Backoff.Base) {
			return 0, nil
		}
		select {
		case _, more := <-changed:
			if !more {
				return 0, nil // the folder is gone or was replaced: watch what stands there now
			}
		case <-ticker.C:
		case <-ctx.Done():
			return 0, nil
		}
	}
}

// unwatched reads the file although its changes will be seen late; err, why they will, is told unless the reading fails as well.
func (p *Provider) unwatched(tell discovery.Tell, err error) (time.Duration, error) {
	set, failure := p.read()
	if failure != nil {
		return 0, failure
	}
	tell(nil, fmt.Errorf("%w; the file is read every %v instead", err, p.cfg.Poll))
	tell(set, nil)
	return p.cfg.Poll, nil
}

func rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *Provider) read() ([]discovery.Endpoint, error) {
	data, err := p.deps.Read(p.cfg.Path)
	if err != nil {
		return nil, err
	}
	set, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.cfg.Path, err)
	}
	return set, nil
}

func read(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // the operator's configuration names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

var _ discovery.Provider = (*Provider)(nil)
