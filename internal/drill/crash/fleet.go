//go:build unix

package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
)

// fleet is the gateways of a drill. Injuries change it from one goroutine, customers read its addresses from many.
type fleet struct {
	program Program
	dir     string
	config  string // a file
	members []*member
	// launched has the release of each gateway that ever ran, by the name in the journal.
	launched map[string]release
}

// member is a gateway's place: the process in it changes.
type member struct {
	process *process
	release release
	// owner is the name by which the journal knows the process; empty where it has not said it.
	owner string

	mu  sync.Mutex
	url string
}

func (m *member) address() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.url
}

// newFleet writes the configuration of gateways in front of the world: the world's own, with another checkout.
func newFleet(p Program, dir string, w *world, checkout string, gateways []release) (*fleet, error) {
	f := &fleet{
		program: p, dir: dir, config: filepath.Join(dir, "tiffin.yaml"), members: make([]*member, len(gateways)), launched: map[string]release{},
	}
	for n, release := range gateways {
		f.members[n] = &member{release: release}
	}
	return f, os.WriteFile(f.config, []byte(without(w.config, "checkout")+checkout), 0o600)
}

// without takes a top-level key and what is below it out of a YAML document.
func without(document, key string) string {
	var rest strings.Builder
	skip := false
	for line := range strings.Lines(document) {
		if indented := strings.HasPrefix(line, " ") || strings.TrimSpace(line) == ""; !indented {
			skip = strings.HasPrefix(line, key+":")
		}
		if !skip {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// start starts the gateways that do not run.
func (f *fleet) start(ctx context.Context) error {
	for n, m := range f.members {
		if m.process == nil {
			if err := f.launch(ctx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// owners finds the name by which a gateway's rows can be told, in its log.
var owners = regexp.MustCompile(`msg=journal .*\bowner=(\S+)`)

func (f *fleet) launch(ctx context.Context, n int) error {
	m := f.members[n]
	process, err := f.program.of(m.release).start(f.dir, fmt.Sprintf("gateway-%d", n), "serve", "--config", f.config, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	if err != nil {
		return err
	}
	line, err := process.says(ctx, "GraphQL on ", func(string) {})
	if err != nil {
		return err
	}
	m.process = process
	m.owner, err = process.owner()
	f.launched[m.owner] = m.release
	url, _, _ := strings.Cut(strings.TrimPrefix(line, "GraphQL on "), ",")
	m.mu.Lock()
	m.url = url
	m.mu.Unlock()
	return err
}

// owner is the last name in the log, which goes on over restarts.
func (p *process) owner() (string, error) {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return "", err
	}
	found := owners.FindAllSubmatch(text, -1)
	if len(found) == 0 {
		return "", nil
	}
	return string(found[len(found)-1][1]), nil
}

// kill ends a gateway without a warning.
func (f *fleet) kill(n int) error {
	m := f.members[n]
	process := m.process
	m.process = nil
	return process.kill()
}

// stop and resume do to a gateway what a long pause does, of the machine or of its virtual one.
func (f *fleet) stop(n int) error   { return f.members[n].process.signal(syscall.SIGSTOP) }
func (f *fleet) resume(n int) error { return f.members[n].process.signal(syscall.SIGCONT) }

// end lets those that run end in good order.
func (f *fleet) end() error {
	var errs []error
	for _, m := range f.members {
		if m.process != nil {
			errs = append(errs, m.process.end())
			m.process = nil
		}
	}
	return errors.Join(errs...)
}

// close leaves no process behind.
func (f *fleet) close() {
	for n, m := range f.members {
		if m.process != nil {
			_ = f.kill(n) // it may have ended
		}
	}
}
