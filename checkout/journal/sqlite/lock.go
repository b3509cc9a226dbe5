package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// fileLock keeps a second process, and a second store in this one, off a database: both would believe that every open row is theirs. It
// is a file of its own because a process loses SQLite's locks on a file when it closes any other handle of it. The operating system
// drops the lock when the process dies, however it dies; the file stays.
type fileLock struct{ file *os.File }

// errHeld: another process has the lock.
var errHeld = errors.New("held")

// resolve finds the one name of a database, so that two names of it meet at the same lock.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("the journal's path: %w", err)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", fmt.Errorf("the journal's directory: %w: create it, owned by the user that the gateway runs as", err)
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// lockFile takes the lock of a database, or says who has it.
func lockFile(path string, now time.Time) (*fileLock, error) {
	file, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // G304: the operator's own path
	if err != nil {
		return nil, fmt.Errorf("the journal's lock: %w: give the user that the gateway runs as write access to the directory", err)
	}
	switch err := tryLock(file); {
	case errors.Is(err, errHeld):
		err := fmt.Errorf("the journal %s is in use by %s: stop that gateway first, or give this one a file of its own; "+
			"gateways that share their orders need the journal in PostgreSQL", path, holder(file))
		return nil, errors.Join(err, file.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("locking %s: %w: put the journal on a local disk", file.Name(), err), file.Close())
	}
	l := &fileLock{file}
	if err := l.sign(now); err != nil {
		return nil, errors.Join(fmt.Errorf("the journal's lock: %w", err), l.unlock())
	}
	return l, nil
}

// sign says whose the lock is, for whoever is refused.
func (l *fileLock) sign(now time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.file, "process %d on %s, since %s\n", os.Getpid(), host, now.UTC().Format(time.RFC3339))
	return err
}

// mostHolder bounds what is read of a lock file.
const mostHolder = 512

func holder(file *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, mostHolder))
	if who := strings.TrimSpace(string(text)); err == nil && who != "" {
		return who
	}
	return "another process"
}

// unlock gives the lock back.
func (l *fileLock) unlock() error { return l.file.Close() }

// create makes sure that the database's file is there and private, and that its name outlives a power cut.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // G304: the operator's own path
	if errors.Is(err, os.ErrExist) {
		return regular(path)
	}
	if err != nil {
		return fmt.Errorf("creating the journal: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return errors.Join(fmt.Errorf("creating the journal: %w", err), file.Close())
	}
	return errors.Join(dir.Sync(), dir.Close(), file.Close())
}

func regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file: name one, such as %s", path, filepath.Join(path, "journal.db"))
	}
	return err
}
