// Package watch tells of files that somebody else replaces.
//
//	Folder   what the operating system says of a folder
//	File     a file that may have changed: by its folder, and now and then
package watch

import (
	"context"
	"path/filepath"
	"time"
)

// File is one that somebody else replaces. Its folder is watched, so that one that is renamed over it and the symbolic links of a
// Kubernetes volume are seen at once; what a folder does not show (network file systems, a link to a file elsewhere) is seen by looking
// now and then.
type File struct {
	// Path of the file; its folder need not exist yet.
	Path string
	// Poll is how often to look without being told of a change.
	Poll time.Duration
	// Pause is the shortest time between two looks, so that a busy folder costs little.
	Pause time.Duration
	// Notify watches a folder; [Folder] where it is nil.
	Notify func(dir string) (changed <-chan struct{}, stop func(), err error)
}

// Follow calls look at once and then whenever the file may have changed, until ctx ends. It calls it from this goroutine, one at a time.
func (f File) Follow(ctx context.Context, look func()) {
	if f.Notify == nil {
		f.Notify = Folder
	}
	for ctx.Err() == nil {
		f.session(ctx, look)
	}
}

// session is one watch of the folder, which can vanish and be replaced.
func (f File) session(ctx context.Context, look func()) {
	changed, stop, err := f.Notify(filepath.Dir(f.Path)) // before looking: no change falls in between
	if err != nil {
		look()
		rest(ctx, f.Poll)
		return
	}
	defer stop()
	ticker := time.NewTicker(f.Poll)
	defer ticker.Stop()
	for ctx.Err() == nil { // the select below may prefer a change
		look()
		rest(ctx, f.Pause)
		select {
		case _, more := <-changed:
			if !more {
				return
			}
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
