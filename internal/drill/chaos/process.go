package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tiffin/internal/drill"
)

// process is a running tiffin.
type process struct {
	cmd *exec.Cmd
	out *bufio.Scanner
	log strings.Builder
}

// grace is what a process may take to end by itself.
const grace = 10 * time.Second

func start(ctx context.Context, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, program, args...)} //nolint:gosec // whoever starts us names it
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = grace
	p.cmd.Stderr = &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	return p, p.cmd.Start()
}

// word returns the word after prefix, without a comma, of the first line of output that begins so.
func (p *process) word(prefix string) (string, error) {
	for p.out.Scan() {
		if rest, ok := strings.CutPrefix(p.out.Text(), prefix); ok {
			first, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			return strings.TrimSuffix(first, ","), nil
		}
	}
	p.stop()
	return "", fmt.Errorf("%s ended without saying %q: %s", strings.Join(p.cmd.Args, " "), prefix, p.log.String())
}

func (p *process) stop() {
	_ = p.cmd.Cancel() // it may have ended
	_ = p.cmd.Wait()   // what it said is known
}

// services are the simulated ones as they were started.
type services struct {
	base   int
	config string
}

func (s services) at(offset int) string { return fmt.Sprintf("http://127.0.0.1:%d", s.base+offset) }

// Offsets from the base port, as docs/demo.md has them.
const (
	issuerOffset = 80
	boardOffset  = 90
)

func (s services) issuer() string { return s.at(issuerOffset) }

func (s services) board() string { return s.at(boardOffset) }

// startServices tries ports until some are free.
func startServices(ctx context.Context, program, file string) (*process, services, error) {
	const tries, lowest, blocks, block = 20, 20000, 100, 100
	failure := errors.New("no try")
	for range tries {
		base := lowest + block*rand.IntN(blocks) //nolint:gosec // a port
		p, err := start(ctx, program, "services", "--base-port", strconv.Itoa(base), "--write-config", file)
		if err != nil {
			return nil, services{}, err
		}
		if _, failure = p.word("ready"); failure != nil {
			continue
		}
		config, err := os.ReadFile(file) //nolint:gosec // our own
		return p, services{base, string(config)}, err
	}
	return nil, services{}, failure
}

// tapped writes the configuration of a gateway whose services are behind the tap. It rations nobody, as the services wrote it: one caller is
// the whole load.
func (s services) tapped(tap *drill.Tap, file string) error {
	var config strings.Builder
	service := ""
	for line := range strings.Lines(s.config) {
		name, url, _ := strings.Cut(strings.TrimSpace(line), ":")
		if url = strings.TrimSpace(url); url == "" {
			service = name
		}
		if name == "url" {
			front, err := tap.Front(service, url)
			if err != nil {
				return err
			}
			line = strings.Replace(line, url, front, 1)
		}
		config.WriteString(line)
	}
	const mine = 0o600
	return os.WriteFile(file, []byte(config.String()), mine)
}
