// Package redistest runs a real redis-server for tests, one that can be killed and come back.
package redistest

import (
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Server is a redis-server on a port of its own, without persistence.
type Server struct {
	t       testing.TB
	program string
	addr    string
	process *exec.Cmd
}

// Start runs the redis-server that the environment variable REDIS_SERVER names, or the one on the PATH, until the test ends. Without one
// the test is skipped; where the environment variable CI is "true" it fails.
func Start(t testing.TB) *Server {
	t.Helper()
	name := os.Getenv("REDIS_SERVER")
	if name == "" {
		name = "redis-server"
	}
	program, err := exec.LookPath(name)
	if err != nil {
		const message = "redis-server is missing: install it (Debian: redis-server), or name the program in REDIS_SERVER"
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	s := &Server{t: t, program: program, addr: freeAddress(t)}
	t.Cleanup(s.Stop)
	s.Start()
	return s
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// URL is its address as redis.ParseURL wants it.
func (s *Server) URL() string { return "redis://" + s.addr }

// Start runs it again, empty, after Stop, and returns when it accepts connections.
func (s *Server) Start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	s.process = exec.Command(s.program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", s.t.TempDir()) //nolint:gosec,noctx // G204: the test names the program; Stop ends it
	if err := s.process.Start(); err != nil {
		s.process = nil
		s.t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-tick.C {
		if conn, err := net.Dial("tcp", s.addr); err == nil { //nolint:noctx // on this machine
			_ = conn.Close()
			return
		}
	}
	s.t.Fatal("redis-server does not accept connections")
}

// Stop kills it, as a crash would. It may be called more than once.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	s.process = nil
}
