//go:build servers

package consul_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/consul"
	"tiffin/backends/upstream/discovery/discoverytest"
)

// master is the token that may do everything.
const master = "6e1d9c0a-93a2-4d8f-9d64-0c8a6f0a1b2c"

// agent is a real Consul server of one node in the datacenter "eu", which lets nobody do anything without a token.
type agent struct {
	t       *testing.T
	addr    string
	program *discoverytest.Program
	client  *http.Client
	// reader is a token that may read what the provider needs, in a file.
	reader string
	nodes  int // registered by Set
	gate   discoverytest.Gate
}

// startAgent runs Consul, or skips the test where it is missing.
func startAgent(t *testing.T) *agent {
	t.Helper()
	path := discoverytest.Find(t, "CONSUL", "consul")
	a := &agent{t: t, addr: discoverytest.FreeAddress(t), client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	dir := t.TempDir()
	text, err := json.Marshal(map[string]any{
		"server": true, "bootstrap_expect": 1, "node_name": "server", "datacenter": "eu", "data_dir": filepath.Join(dir, "data"),
		"bind_addr": "127.0.0.1", "client_addr": "127.0.0.1",
		"ports": map[string]int{
			"http": port(t, a.addr), "server": port(t, discoverytest.FreeAddress(t)), "serf_lan": port(t, discoverytest.FreeAddress(t)),
			"serf_wan": -1, "dns": -1, "grpc": -1, "grpc_tls": -1,
		},
		"acl":                  map[string]any{"enabled": true, "default_policy": "deny", "tokens": map[string]string{"initial_management": master, "agent": master}},
		"performance":          map[string]int{"raft_multiplier": 1},
		"connect":              map[string]bool{"enabled": false},
		"disable_update_check": true, "leave_on_terminate": false, "check_update_interval": "0s",
	})
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "consul.json")
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	a.program = discoverytest.RunProgram(t, path, "agent", "-config-file", config, "-log-level", "warn")
	a.ready()
	a.reader = filepath.Join(dir, "token")
	a.policy("reader", `service_prefix "orders" { policy = "read" } node_prefix "" { policy = "read" }`)
	a.tokenFile(a.reader, "reader")
	return a
}

func port(t *testing.T, addr string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// do makes a request with the token that may do everything.
func (a *agent) do(method, path string, body any) ([]byte, error) {
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, "http://"+a.addr+path, content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Consul-Token", master)
	res, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: status %d, %.300s", method, path, res.StatusCode, answer)
	}
	return answer, err
}

func (a *agent) must(method, path string, body any) []byte {
	a.t.Helper()
	answer, err := a.do(method, path, body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer
}

// ready waits until it leads, and has made the token that may do everything.
func (a *agent) ready() {
	a.t.Helper()
	discoverytest.Eventually(a.t, func() error {
		if _, err := a.do(http.MethodGet, "/v1/acl/token/self", nil); err != nil {
			return err
		}
		_, err := a.do(http.MethodGet, "/v1/health/node/server?stale=false", nil)
		return err
	})
}

func (a *agent) policy(name, rules string) {
	a.t.Helper()
	a.must(http.MethodPut, "/v1/acl/policy", map[string]string{"Name": name, "Rules": rules})
}

// tokenFile makes a token with the policy, writes it to a file and returns its accessor.
func (a *agent) tokenFile(path, policy string) string {
	a.t.Helper()
	var made struct{ AccessorID, SecretID string }
	text := a.must(http.MethodPut, "/v1/acl/token", map[string]any{"Policies": []any{map[string]string{"Name": policy}}})
	if err := json.Unmarshal(text, &made); err != nil || made.SecretID == "" {
		a.t.Fatalf("a token as %s: %v", text, err)
	}
	if err := os.WriteFile(path, []byte(made.SecretID+"\n"), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return made.AccessorID
}

// config asks this agent for the service.
func (a *agent) config(service string) consul.Config {
	cfg := consul.Defaults()
	cfg.Addr, cfg.Service, cfg.TokenFile = a.addr, service, a.reader
	cfg.Backoff.Max = time.Second
	return cfg
}

func (a *agent) watch(cfg consul.Config) *discoverytest.Watch {
	return discoverytest.Start(a.t, consul.New(cfg, consul.Deps{}), true)
}

// Set registers one node per endpoint, in one transaction. A server that was away is not seen as it was before.
func (a *agent) Set(set []discovery.Endpoint) {
	a.t.Helper()
	if a.program.Running() {
		a.put(set)
		return
	}
	a.gate.Shut(func() {
		a.back()
		a.put(set)
	})
}

func (a *agent) put(set []discovery.Endpoint) {
	a.t.Helper()
	var ops []any
	for n := range max(a.nodes, len(set)) {
		node := fmt.Sprint("n", n)
		if n < a.nodes {
			ops = append(ops, map[string]any{"Node": map[string]any{"Verb": "delete", "Node": map[string]string{"Node": node}}})
		}
		if n >= len(set) {
			continue
		}
		host, text, _ := net.SplitHostPort(set[n].Addr)
		number, _ := strconv.Atoi(text)
		ops = append(ops,
			map[string]any{"Node": map[string]any{"Verb": "set", "Node": map[string]string{"Node": node, "Address": host}}},
			map[string]any{"Service": map[string]any{"Verb": "set", "Node": node, "Service": map[string]any{"ID": "orders", "Service": "orders", "Port": number}}})
	}
	if a.nodes = len(set); len(ops) > 0 {
		a.must(http.MethodPut, "/v1/txn", ops)
	}
}

// Fail kills it, as a crash would.
func (a *agent) Fail() { a.program.Stop(os.Kill) }

// back runs it again, with what it knew.
func (a *agent) back() {
	a.t.Helper()
	if a.program.Running() {
		return
	}
	a.program.Start()
	a.ready()
}

// restart stops it properly and lets it come back.
func (a *agent) restart() {
	a.t.Helper()
	a.program.Stop(syscall.SIGTERM)
	a.back()
}

// Requests is not counted: a suite in real time does not ask.
func (a *agent) Requests() int { return 0 }

// register makes a service of the agent's own node, with a check that its owner has to pass; critical until it has.
func (a *agent) register(id, address string, number int, more map[string]any) {
	a.t.Helper()
	service := map[string]any{
		"ID": id, "Name": strings.TrimRight(id, "-0123456789"), "Address": address, "Port": number,
		"Check": map[string]string{"CheckID": id, "TTL": "10m"},
	}
	maps.Copy(service, more)
	a.must(http.MethodPut, "/v1/agent/service/register", service)
}

// check says how a service is: pass, warn or fail.
func (a *agent) check(id, state string) {
	a.t.Helper()
	a.must(http.MethodPut, "/v1/agent/check/"+state+"/"+url.PathEscape(id), nil)
}
