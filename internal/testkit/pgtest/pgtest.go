//go:build unix

// Package pgtest runs a real PostgreSQL server for a test: a fresh one, in a directory of its own, reached over a socket in that
// directory. It can crash and be slow to come back, as real ones do.
//
// It starts processes: use it outside synctest bubbles.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tiffin/internal/testkit"
)

const (
	// initTimeout bounds making the files of a server, which takes seconds.
	initTimeout = 2 * time.Minute
	// startTimeout bounds starting and stopping one, recovery included.
	startTimeout = time.Minute
	// probeEvery is how often a starting server is asked whether it is ready.
	probeEvery = 20 * time.Millisecond
)

// Server is a PostgreSQL server. Its methods are not for concurrent use.
type Server struct {
	bin, dir string
	as       *syscall.Credential // nil for who we are
	log      string
	settings []string
	cmd      *exec.Cmd
	gone     chan struct{} // closed when cmd has ended
}

// Start makes and starts a server, which ends with the test; settings are those of postgresql.conf, such as "fsync=off" for a test that
// cuts no power. Its programs are found in the directory that the environment variable POSTGRES_BIN names; where it is not set, beside
// the `postgres` on the PATH, or where Debian puts them. Without them the test is skipped, but where the environment variable CI is
// "true" it fails. Where we are root, for whom PostgreSQL refuses to run, it runs as postgres or nobody.
func Start(t testkit.T, settings ...string) *Server {
	t.Helper()
	bin, found := find()
	if !found {
		missing(t)
		return nil
	}
	s, err := prepare(bin, settings)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
		return nil
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Crash(), os.RemoveAll(s.dir)); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	if err := s.Start(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s
}

func missing(t testkit.T) {
	t.Helper()
	const message = "PostgreSQL is missing, so the journal in it is not tested: install postgresql (Debian), or name the directory of its programs in POSTGRES_BIN"
	if os.Getenv("CI") == "true" {
		t.Fatalf(message)
		return
	}
	t.Skipf(message)
}

// find returns the directory of the server's programs.
func find() (bin string, ok bool) {
	if bin := os.Getenv("POSTGRES_BIN"); bin != "" {
		return bin, isBin(bin)
	}
	var candidates []string
	if program, err := exec.LookPath("postgres"); err == nil {
		if program, err = filepath.EvalSymlinks(program); err == nil {
			candidates = append(candidates, filepath.Dir(program))
		}
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well-formed
	for _, dir := range append(candidates, debian...) {
		if isBin(dir) {
			return dir, true
		}
	}
	return "", false
}

func isBin(dir string) bool {
	_, err := exec.LookPath(filepath.Join(dir, "initdb"))
	return err == nil
}

// prepare makes the server's files. The directory has a short name, because a socket's path is at most 107 bytes.
func prepare(bin string, settings []string) (*Server, error) {
	dir, err := os.MkdirTemp("/tmp", "pg")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, log: filepath.Join(dir, "log"), settings: settings}
	if s.as, err = credential(); err == nil && s.as != nil {
		err = os.Chown(dir, int(s.as.Uid), int(s.as.Gid))
	}
	if err == nil {
		err = s.initialize()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Dir holds all that the server writes: its data and its log.
func (s *Server) Dir() string { return s.dir }

func (s *Server) initialize() error {
	ctx, cancel := context.WithTimeout(context.Background(), initTimeout)
	defer cancel()
	cmd := s.command(ctx, "initdb", "--pgdata", s.data(), "--username", "postgres", "--auth", "trust", "--no-sync", "--no-locale", "--encoding", "UTF8")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...) //nolint:gosec // G204: the test names the programs
	cmd.Dir = s.dir
	cmd.SysProcAttr = attributes(s.as)
	return cmd
}

// Start starts a server that was stopped, and returns when it takes connections.
func (s *Server) Start() error {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own handle
	args := []string{"-D", s.data(), "-k", s.dir, "-c", "listen_addresses="}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.cmd = s.command(context.Background(), "postgres", args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.gone = make(chan struct{})
	go func(cmd *exec.Cmd, gone chan struct{}) {
		_ = cmd.Wait() // how a server ends is its test's business
		close(gone)
	}(s.cmd, s.gone)
	return s.await()
}

// await asks until the server is ready.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		if s.command(ctx, "pg_isready", "-q", "-h", s.dir).Run() == nil {
			return nil
		}
		select {
		case <-s.gone:
			return fmt.Errorf("the server did not start:\n%s", s.Log())
		case <-ctx.Done():
			return fmt.Errorf("the server is not ready after %v:\n%s", startTimeout, s.Log())
		case <-ticker.C:
		}
	}
}

// DSN is the server's address.
func (s *Server) DSN() string { return fmt.Sprintf("host=%s user=postgres dbname=postgres", s.dir) }

// Log is what the server has said.
func (s *Server) Log() string {
	file, err := os.Open(s.log)
	if err != nil {
		return err.Error()
	}
	defer file.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

// Stop ends the server in good order: its clients are told, and what they do is undone.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Crash ends the server as if it had crashed ("-m immediate"): it recovers when it starts.
func (s *Server) Crash() error { return s.end(syscall.SIGQUIT) }

// Pause stops the server's main process and so new connections, without a word to anybody, until Resume.
func (s *Server) Pause() error { return s.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (s *Server) Resume() error { return s.cmd.Process.Signal(syscall.SIGCONT) }

func (s *Server) end(with syscall.Signal) error {
	if s.cmd == nil || s.cmd.Process == nil {
		return nil
	}
	select {
	case <-s.gone:
		return nil
	default:
	}
	if err := s.cmd.Process.Signal(with); err != nil {
		return err
	}
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	select {
	case <-s.gone:
		return nil
	case <-timer.C:
		return errors.Join(fmt.Errorf("the server did not end within %v:\n%s", startTimeout, s.Log()), s.cmd.Process.Kill())
	}
}
