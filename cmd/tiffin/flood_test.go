package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	floods      = 64              // connections of the flood
	honest      = 4               // connections of customers
	pages       = 10              // that each of them asks for
	mostRequest = 500             // that each connection of the flood sends
	mostMemory  = 256 << 20       // of the gateway's process, in bytes
	mostFlood   = 5 * time.Minute // after which the test has failed
)

// worst are the documents that cost most of those found, by what of them is long: each close to the limit of a body.
func worst() []string {
	const megabyte = 1<<20 - 1<<10
	return []string{
		`{order(id:"` + strings.Repeat(`\u00e4`, megabyte/7) + `"){id}}`, // in JSON a backslash takes one more
		`{order(id:"""` + strings.Repeat("x\n", megabyte/3) + `"""){id}}`,
		"{me{id}}" + strings.Repeat("#\n", megabyte/3),
		"{me{" + strings.Repeat("id ", megabyte/3) + "}}",
		"{restaurant(id:\"res_001\"){menu{sections{items{optionGroups{options{" + strings.Repeat("x", megabyte-100) + ":name}}}}}}}",
		"{orders{edges{node{" + strings.Repeat("id ", 190) + strings.Repeat("lines{"+strings.Repeat("title ", 60)+"}", 30) + "}}}}",
	}
}

// Under a flood of the worst documents, with no limit on how often anybody may ask, honest order pages on other connections all succeed,
// and the gateway's memory stays within its bound. It is a process of its own, built as it is shipped: the race detector takes memory.
func TestFlood(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is read where Linux says it")
	}
	if testing.Short() {
		t.Skip("it takes its time")
	}
	base, config := services(t)
	patient(t, config)
	t.Setenv("GOMEMLIMIT", "204MiB") // what boundMemory takes of a container of 256 MB
	program := startProgram(t, plainProgram(t), "serve", "--config", config, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	line, ok := program.until("GraphQL on ")
	if !ok {
		t.Fatal(program.err)
	}
	endpoint := regexp.MustCompile(`http://\S+/graphql`).FindString(line)
	_, token := get(t, fmt.Sprintf("http://127.0.0.1:%d/token?user=alice", base+80))
	ctx, stop := context.WithTimeout(t.Context(), mostFlood)
	defer stop()
	var flood, customers sync.WaitGroup
	var sent atomic.Int64
	documents, height := worst(), make(chan struct{})
	for n := range floods {
		flood.Go(func() {
			client := ownConnection()
			defer client.CloseIdleConnections()
			for i := 0; i < mostRequest && ctx.Err() == nil; i++ {
				if _, _, err := ask(ctx, client, endpoint, "", documents[(n+i)%len(documents)]); err == nil && sent.Add(1) == floods {
					close(height)
				}
			}
		})
	}
	select {
	case <-height:
	case <-ctx.Done():
	}
	took := make([][]time.Duration, honest)
	for n := range honest {
		customers.Go(func() {
			client := ownConnection()
			defer client.CloseIdleConnections()
			for range pages {
				began := time.Now()
				status, text, err := ask(ctx, client, endpoint, token, orderPage)
				took[n] = append(took[n], time.Since(began))
				if err != nil || status != http.StatusOK || strings.Contains(text, `"errors"`) {
					t.Errorf("an order page: %v %d %.300s", err, status, text)
				}
			}
		})
	}
	customers.Wait()
	during := sent.Load()
	stop()
	flood.Wait()
	if during < floods {
		t.Errorf("only %d requests of the flood were answered: that is none", during)
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	peak := peakMemory(t, program.cmd.Process.Pid)
	t.Logf("%d requests of the flood answered meanwhile; order pages: p50 %v, p99 %v; the gateway took %d MB at most",
		during, all[len(all)/2].Round(time.Millisecond), all[len(all)*99/100].Round(time.Millisecond), peak>>20)
	if peak > mostMemory {
		t.Errorf("the gateway took %d MB, %d are allowed", peak>>20, mostMemory>>20)
	}
	if code := program.terminate(t); code != 0 {
		t.Errorf("exit code %d: %s", code, program.err)
	}
}

// patient gives services and operations time: the simulated services have the processors of this machine only when flood and gateway leave
// them. What is shown is that the gateway turns no customer away.
func patient(t *testing.T, config string) {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	changed := regexp.MustCompile(`(?m)^    url: .*$`).ReplaceAllString(string(text),
		"$0\n    resilience: {reads: {attempt_timeout: 20s, call_timeout: 40s, retries: 2}}")
	changed = strings.Replace(changed, "\nedge:\n", "\nedge:\n  operation: {deadline: 50s}\n", 1)
	if err := os.WriteFile(config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ownConnection is a client that shares its connection with nobody.
func ownConnection() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
}

func ask(ctx context.Context, client *http.Client, endpoint, token, document string) (status int, text string, err error) {
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		return 0, "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(string(body)))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	return response.StatusCode, string(all), err
}

// plainProgram is the program without the race detector: this one, or one that is built.
func plainProgram(t *testing.T) string {
	t.Helper()
	if !raceDetector {
		executable, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		return executable
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("go is not on PATH")
	}
	to := filepath.Join(t.TempDir(), "tiffin")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", to, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return to
}

// peakMemory is the most that the process ever had in memory, in bytes.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no VmHWM in %s", text)
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}
