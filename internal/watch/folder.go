package watch

import (
	"sync"

	"github.com/fsnotify/fsnotify"
)

// Folder watches a folder by the operating system's means: changed has a value whenever something in it has changed since the last one
// was received, and is closed when the folder cannot be watched any more. Call stop in the end.
func Folder(dir string) (changed <-chan struct{}, stop func(), err error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, nil, err
	}
	if err := w.Add(dir); err != nil {
		_ = w.Close() // err is the one to report
		return nil, nil, err
	}
	signal := make(chan struct{}, 1)
	var forwarding sync.WaitGroup
	forwarding.Go(func() { forward(w, dir, signal) })
	return signal, func() {
		_ = w.Close() // nothing can be done about it
		forwarding.Wait()
	}, nil
}

// forward turns events into signals, however many there are between two receptions, until the watcher closes or the folder is gone. An error
// of the watcher is mostly an overflow: events were lost, so something has changed.
func forward(w *fsnotify.Watcher, dir string, signal chan<- struct{}) {
	defer close(signal)
	for {
		select {
		case event, more := <-w.Events:
			if !more || event.Name == dir && event.Has(fsnotify.Remove|fsnotify.Rename) {
				return
			}
		case _, more := <-w.Errors:
			if !more {
				return
			}
		}
		select {
		case signal <- struct{}{}:
		default: // one is waiting already
		}
	}
}
