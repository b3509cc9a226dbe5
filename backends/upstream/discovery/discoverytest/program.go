package discoverytest

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// starting bounds how long a server may take to be ready, on a slow machine.
const starting = 2 * time.Minute

// Program is a real server that a provider is tested against, and that can be killed and come back.
type Program struct {
	t       testing.TB
	path    string
	args    []string
	log     string
	process *exec.Cmd
}

// Find returns the path of a program: what the environment variable says, or the name on the PATH. Without it the test is skipped.
func Find(t testing.TB, variable, name string) string {
	t.Helper()
	if named := os.Getenv(variable); named != "" {
		name = named
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is missing: put it on the PATH, or name the program in %s", name, variable)
	}
	return path
}

// RunProgram starts a program, which is killed when the test ends. If that has failed, the end of what the program wrote is logged.
func RunProgram(t testing.TB, path string, args ...string) *Program {
	t.Helper()
	p := &Program{t: t, path: path, args: args, log: filepath.Join(t.TempDir(), "log")}
	t.Cleanup(func() {
		p.Stop(os.Kill)
		if t.Failed() {
			p.tellLog()
		}
	})
	p.Start()
	return p
}

// Start runs it again after Stop.
func (p *Program) Start() {
	p.t.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()     // the process has its own
	cmd := exec.Command(p.path, p.args...) //nolint:gosec,noctx // G204: the test names the program; Stop ends it
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.process = cmd
}

// Stop ends it by a signal and waits for its end. It may be called more than once.
func (p *Program) Stop(signal os.Signal) {
	if p.process == nil {
		return
	}
	_ = p.process.Process.Signal(signal)
	_ = p.process.Wait() // how it ended is not the question
	p.process = nil
}

// Running says that Stop was not called since it started.
func (p *Program) Running() bool { return p.process != nil }

// Signal sends it a signal that it survives.
func (p *Program) Signal(signal os.Signal) {
	p.t.Helper()
	if err := p.process.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
}

// tellLog logs the end of what the program has written.
func (p *Program) tellLog() {
	const most = 8 << 10
	text, err := os.ReadFile(p.log)
	if err != nil {
		return // the error that counts has been told
	}
	p.t.Logf("the end of what %s wrote:\n%s", filepath.Base(p.path), text[max(0, len(text)-most):])
}

// Eventually waits until a condition holds that nothing tells of, and fails with the last reason why it does not.
func Eventually(t testing.TB, condition func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var err error
	for end := time.Now().Add(starting); time.Now().Before(end); <-tick.C {
		if err = condition(); err == nil {
			return
		}
	}
	t.Fatalf("not within %v: %v", starting, err)
}

// FreeAddress returns an address on this machine that nothing listens on now.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Gate connects a provider to a real server. While it is shut nobody gets through: what a server that comes back does first is not seen.
type Gate struct{ shut atomic.Bool }

// Shut closes the gate for the time of do.
func (g *Gate) Shut(do func()) {
	g.shut.Store(true)
	defer g.shut.Store(false)
	do()
}

// DialContext is for a provider's Deps.
func (g *Gate) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if g.shut.Load() {
		return nil, errors.New("the gate is shut")
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}
