//go:build unix

package crash

import (
	"bufio"
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
)

// Program is a built tiffin.
type Program struct {
	// Path is its file.
	Path string
	// Next is the file of the release after it, for [Plan.Releases].
	Next string
	// Env is added to the environment.
	Env []string
}

// process is a program that runs. What it logs is kept in a file.
type process struct {
	cmd   *exec.Cmd
	lines chan string // of its standard output; closed at its end
	log   string
	gone  chan struct{} // closed when it has ended
}

const (
	// startTimeout bounds a process's start, on a machine that has other things to do.
	startTimeout = time.Minute
	// grace is what a process may take to end in good order.
	grace = 30 * time.Second
	// mostLines is how many lines of output wait to be read.
	mostLines = 100
)

// start starts the program. Its log goes into dir.
func (p Program) start(dir, name string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600) //nolint:gosec // G304: a directory of our own
	if err != nil {
		return nil, err
	}
	defer log.Close()                    //nolint:errcheck // the process has its own handle
	cmd := exec.Command(p.Path, args...) //nolint:gosec,noctx // G204: the drill names the program; how it ends is the drill's to say
	cmd.Env = append(os.Environ(), p.Env...)
	cmd.SysProcAttr = attributes()
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	running := &process{cmd: cmd, lines: make(chan string, mostLines), log: log.Name(), gone: make(chan struct{})}
	go running.follow(out)
	return running, nil
}

// follow reads what the process says to its end.
func (p *process) follow(out io.Reader) {
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		select {
		case p.lines <- scanner.Text():
		default: // nobody reads so much
		}
	}
	_ = p.cmd.Wait() // the state says how it ended
	close(p.lines)
	close(p.gone)
}

// says waits for a line that begins with prefix; seen gets each line before.
func (p *process) says(ctx context.Context, prefix string, seen func(line string)) (string, error) {
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				return "", fmt.Errorf("%s ended without saying %q: %s", strings.Join(p.cmd.Args, " "), prefix, p.lastWords())
			}
			if strings.HasPrefix(line, prefix) {
				return line, nil
			}
			seen(line)
		case <-timer.C:
			return "", errors.Join(fmt.Errorf("%s did not say %q within %v: %s", strings.Join(p.cmd.Args, " "), prefix, startTimeout, p.lastWords()), p.kill())
		case <-ctx.Done():
			return "", errors.Join(ctx.Err(), p.kill())
		}
	}
}

// lastWords are the end of what it logged.
func (p *process) lastWords() string {
	const most = 2000
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

// kill ends it as kill -9 does, and waits until it is gone.
func (p *process) kill() error {
	err := p.signal(syscall.SIGKILL)
	<-p.gone
	return err
}

// end asks it to end, and returns an error where it does not, or ends badly.
func (p *process) end() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
		return errors.Join(fmt.Errorf("%s did not end within %v", p.cmd.Args[0], grace), p.kill())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with code %d after SIGTERM: %s", strings.Join(p.cmd.Args, " "), code, p.lastWords())
	}
	return nil
}

// signal sends a signal to a process that has not ended.
func (p *process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
