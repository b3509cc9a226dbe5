package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tiffin/internal/testkit/httpaudit"
)

// process is a tiffin of its own.
type process struct {
	cmd   *exec.Cmd
	lines chan string // of standard output; closed at its end
	err   *strings.Builder
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startProgram(t, executable, args...)
}

// startProgram is startProcess with another program than the test's own.
func startProgram(t *testing.T, executable string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(executable, args...), lines: make(chan string, 100), err: &strings.Builder{}}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.err
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has mostly ended
		_ = p.cmd.Wait()
	})
	return p
}

// until reads lines up to one that begins with prefix; false where the process ended without.
func (p *process) until(prefix string) (line string, ok bool) {
	for line := range p.lines {
		if strings.HasPrefix(line, prefix) {
			return line, true
		}
	}
	return "", false
}

// terminate sends SIGTERM and returns the exit code.
func (p *process) terminate(t *testing.T) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for range p.lines { // to the end of its output, so that Wait can close it
	}
	_ = p.cmd.Wait() // the code says it
	return p.cmd.ProcessState.ExitCode()
}

// services starts the simulated services on ports that are free and returns the first port and the configuration they wrote.
func services(t *testing.T) (base int, config string) {
	t.Helper()
	config = filepath.Join(t.TempDir(), "tiffin.yaml")
	for range 20 {
		base = 20000 + 100*rand.IntN(100)
		p := startProcess(t, "services", "--base-port", fmt.Sprint(base), "--write-config", config)
		if _, ok := p.until("ready"); ok {
			return base, config
		}
	}
	t.Fatal("no free ports in 20 tries")
	return 0, ""
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	return do(t, http.MethodGet, url, "", nil)
}

func do(t *testing.T, method, url, body string, header map[string]string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// The page that the welcome prints, over two processes and real sockets: data from every service, few calls, a clean end.
func TestTwoProcesses(t *testing.T) {
	base, config := services(t)
	gateway := startProcess(t, "serve", "--config", config, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	line, ok := gateway.until("GraphQL on ")
	if !ok {
		t.Fatal(gateway.err)
	}
	var graphql, admin string
	if _, err := fmt.Sscanf(line, "GraphQL on %s admin on %s", &graphql, &admin); err != nil {
		t.Fatal(line, err)
	}
	graphql = strings.TrimSuffix(graphql, ",")
	t.Run("audits", func(t *testing.T) { passesAudits(t, graphql) })
	if status, text := get(t, admin+"/readyz"); status != http.StatusOK {
		t.Errorf("readyz: %d %s", status, text)
	}
	at := func(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", base+port) }
	if status, _ := get(t, at(80)+"/token?user=mallory"); status != http.StatusNotFound {
		t.Errorf("a token for an unknown user: %d", status)
	}
	_, token := get(t, at(80)+"/token?user=alice")
	do(t, http.MethodDelete, at(90)+"/calls", "", nil)
	query, err := json.Marshal(map[string]string{"query": orderPage})
	if err != nil {
		t.Fatal(err)
	}
	status, page := do(t, http.MethodPost, graphql, string(query), map[string]string{
		"Content-Type": "application/json", "Authorization": "Bearer " + token,
	})
	if status != http.StatusOK || strings.Contains(page, `"errors"`) {
		t.Fatalf("%d %s", status, page)
	}
	for _, part := range []string{`"stock":1000000`, `"payment":{"status":"CAPTURED"}`, `"driver":{"name":"`, `"currency":"EUR"`} {
		if !strings.Contains(page, part) {
			t.Errorf("no %s in %s", part, page)
		}
	}
	fewCalls(t, at(90))
	if status, report := get(t, at(90)+"/audit"); status != http.StatusOK || !strings.Contains(report, `"violations":[]`) {
		t.Errorf("audit: %s", report)
	}
	host := strings.TrimPrefix(admin, "http://")
	for line, want := range map[string]string{"orders list --admin " + host: "ORDER  KIND  STATE", "orders show ord_nobody --admin " + host: "no such order"} {
		var out, err bytes.Buffer
		run(t.Context(), strings.Fields(line), console{&out, &err})
		if !strings.Contains(out.String()+err.String(), want) {
			t.Errorf("tiffin %s: %s%s", line, out.String(), err.String())
		}
	}
	if code := gateway.terminate(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM: %s", code, gateway.err)
	}
}

// passesAudits runs the public audits of GraphQL over HTTP against the program, which is in development mode.
func passesAudits(t *testing.T, endpoint string) {
	results := httpaudit.Run(t, endpoint)
	if len(results) != 61 {
		t.Errorf("%d audits, want 61", len(results))
	}
	for _, r := range results {
		if r.Status != "ok" {
			t.Errorf("%s %s: %s: %s", r.ID, r.Status, r.Name, r.Reason)
		}
	}
}

// fewCalls checks that a page asked each service at most three times per edge: over sockets a batch's timer may split it.
func fewCalls(t *testing.T, board string) {
	t.Helper()
	var calls map[string]map[string]int
	_, text := get(t, board+"/calls")
	if err := json.Unmarshal([]byte(text), &calls); err != nil {
		t.Fatal(err)
	}
	for service, route := range map[string]string{
		"orders": "GET /orders", "inventory": "GET /items", "payments": "POST /payments/inquiries", "delivery": "GET /deliveries",
	} {
		if n := calls[service][route]; n < 1 || n > 3 {
			t.Errorf("%s %s: %d calls, want 1 to 3", service, route, n)
		}
	}
}

// The demo's last line is a command that answers.
func TestDemoPrintsACommandThatAnswers(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not on PATH")
	}
	var demo *process
	var ok bool
	for range 20 {
		demo = startProcess(t, "demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--base-port", fmt.Sprint(30000+100*rand.IntN(100)))
		if _, ok = demo.until("  The same from a terminal"); ok {
			break
		}
	}
	if !ok {
		t.Fatal(demo.err)
	}
	command, ok := demo.until("curl ")
	if !ok {
		t.Fatal("no command")
	}
	answer, err := exec.Command("sh", "-c", command).Output()
	if err != nil || !strings.Contains(string(answer), `"driver":{"name":"`) {
		t.Errorf("%v: %s", err, answer)
	}
	if code := demo.terminate(t); code != 0 {
		t.Errorf("exit code %d: %s", code, demo.err)
	}
}
