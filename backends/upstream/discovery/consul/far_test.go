package consul_test

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/consul"
	"tiffin/internal/testkit"
)

const addr = "consul.test:8500"

// instance is one registration of the service "orders".
type instance struct {
	node, address string // of the node
	own           string // address of the service, may be empty
	port, weight  int
	status        string // passing, warning, critical
	tags          []string
	meta          map[string]string // of the service
	nodeMeta      map[string]string
	zone          string // locality of the service
}

// far speaks what Consul's documentation says of GET /v1/health/service/:service, of blocking queries and of ACL tokens (1.20), and what
// TestReal has found a real one to do (1.14). It knows the datacenter "eu".
type far struct {
	t *testing.T

	mu        sync.Mutex
	instances []instance
	index     uint64
	changed   chan struct{} // closed and replaced at each change
	fail      bool
	hang      bool
	token     string // demanded where it is not empty
	filtered  bool   // the token sees nothing
	requests  []*http.Request
	waits     []time.Duration // how long each request was blocked
	// reply, if not nil, answers instead.
	reply http.HandlerFunc
}

func newFar(t *testing.T, first []discovery.Endpoint) *far {
	f := &far{t: t, index: 100, changed: make(chan struct{})}
	f.Set(first)
	return f
}

// do changes what the far side knows: its index grows and blocked queries return.
func (f *far) do(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.index += 7
	change()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *far) put(instances ...instance) {
	f.do(func() { f.instances, f.fail, f.hang = instances, false, false })
}

func (f *far) Set(set []discovery.Endpoint) {
	var instances []instance
	for n, e := range set {
		host, port, _ := net.SplitHostPort(e.Addr)
		number, _ := strconv.Atoi(port)
		instances = append(instances, instance{node: fmt.Sprint("n", n), address: host, port: number, status: "passing"})
	}
	f.put(instances...)
}

func (f *far) Fail() { f.do(func() { f.fail, f.hang = true, false }) }
func (f *far) Hang() { f.do(func() { f.hang = true }) }

func (f *far) Requests() int { return len(f.seen()) }

func (f *far) seen() []*http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r)
	f.mu.Unlock()
	began := time.Now()
	f.block(r)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waits = append(f.waits, time.Since(began))
	if f.hang {
		f.mu.Unlock()
		<-r.Context().Done()
		f.mu.Lock()
		return
	}
	f.answer(w, r)
}

// block holds a query with an index until there is a higher one, or for its wait and up to a sixteenth more.
func (f *far) block(r *http.Request) {
	index, _ := strconv.ParseUint(r.URL.Query().Get("index"), 10, 64)
	wait, err := time.ParseDuration(r.URL.Query().Get("wait"))
	if err != nil {
		wait = 5 * time.Minute
	}
	timer := time.NewTimer(wait + wait/16)
	defer timer.Stop()
	for {
		f.mu.Lock()
		current, changed, failing := f.index, f.changed, f.fail || f.hang
		f.mu.Unlock()
		if index == 0 || failing || current > index {
			return
		}
		select {
		case <-changed:
			if f.wentBack(index) {
				return // the store was replaced: its watchers are abandoned
			}
		case <-timer.C:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (f *far) wentBack(index uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.index < index
}

func (f *far) answer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	refuse := func(status int, text string) {
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
	token := r.Header.Get("X-Consul-Token")
	switch {
	case f.reply != nil:
		f.reply(w, r)
	case f.fail:
		refuse(http.StatusInternalServerError, "No cluster leader")
	case token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(f.token)) == 0:
		refuse(http.StatusForbidden, "ACL not found")
	case query.Get("dc") != "" && query.Get("dc") != "eu":
		refuse(http.StatusInternalServerError, "No path to datacenter")
	default:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Consul-Index", strconv.FormatUint(f.index, 10))
		w.Header().Set("X-Consul-Knownleader", "true")
		list := f.list(r)
		if f.filtered {
			w.Header().Set("X-Consul-Results-Filtered-By-ACLs", "true")
			list = []any{}
		}
		if f.token != "" && token == "" { // an anonymous caller sees nothing, and is not told that there is something
			list = []any{}
		}
		if err := json.NewEncoder(w).Encode(list); err != nil {
			return // the caller has gone
		}
	}
}

// list is what the parameters passing and tag let through.
func (f *far) list(r *http.Request) []any {
	list := []any{}
	query := r.URL.Query()
	for _, i := range f.instances {
		hasTags := !slices.ContainsFunc(query["tag"], func(tag string) bool { return !slices.Contains(i.tags, tag) })
		if r.URL.Path == "/v1/health/service/orders" && hasTags && (!query.Has("passing") || i.status == "passing") {
			list = append(list, i.json())
		}
	}
	return list
}

func (i instance) json() any {
	service := map[string]any{
		"ID": "orders-" + i.node, "Service": "orders", "Tags": i.tags, "Address": i.own, "Port": i.port, "Meta": i.meta,
		"Weights": map[string]int{"Passing": max(1, i.weight), "Warning": 1}, "EnableTagOverride": false, "CreateIndex": 1, "ModifyIndex": 1,
	}
	if i.zone != "" {
		service["Locality"] = map[string]string{"Region": "eu", "Zone": i.zone}
	}
	node := map[string]any{"ID": "40e4a748", "Node": i.node, "Address": i.address, "Datacenter": "eu", "TaggedAddresses": map[string]string{"lan": i.address}, "Meta": maps.Clone(i.nodeMeta)}
	return map[string]any{
		"Node": node, "Service": service,
		"Checks": []any{map[string]any{"Node": i.node, "CheckID": "service:orders", "Status": i.status, "Output": strings.Repeat("o", 100)}},
	}
}

// open serves the far side and returns a Config that asks it and the Deps that reach it.
func (f *far) open() (consul.Config, consul.Deps) {
	network := testkit.Start(f.t, map[string]http.Handler{addr: f})
	cfg := consul.Defaults()
	cfg.Addr, cfg.Service = addr, "orders"
	return cfg, consul.Deps{Dial: network.DialContext}
}
