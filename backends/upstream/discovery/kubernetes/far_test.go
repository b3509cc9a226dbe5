package kubernetes_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/kubernetes"
	"tiffin/internal/testkit"
)

const host = "api.test"

// object is an EndpointSlice as JSON.
type object = map[string]any

// change is one event of the far side's history.
type change struct {
	version int
	kind    string // ADDED, MODIFIED, DELETED
	object  object
}

// far speaks the Kubernetes API of EndpointSlices in the namespace "shop" as its documentation says ("API concepts": resource versions, watch,
// bookmarks, chunks, 410), over HTTPS with a bearer token.
type far struct {
	t *testing.T

	mu        sync.Mutex
	version   int
	slices    map[string]object
	history   []change
	compacted int           // history up to this version is lost
	changed   chan struct{} // closed and replaced at each change of anything
	fail      bool
	hang      bool
	token     string
	chunk     int // bounds a page, whatever limit says; 0 for none
	requests  []*http.Request
	bookmarks int
	ends      int // ending watches in the next moment, their number so far
	// reply, if not nil and true, has answered.
	reply func(w http.ResponseWriter, r *http.Request) bool

	addr      string
	tokenFile string
	caFile    string
}

func newFar(t *testing.T, first []discovery.Endpoint) *far {
	f := &far{t: t, version: 1000, slices: map[string]object{}, changed: make(chan struct{}), token: "t0ken", addr: host + ":443"}
	dir := t.TempDir()
	f.tokenFile, f.caFile = filepath.Join(dir, "token"), filepath.Join(dir, "ca.crt")
	f.writeToken("t0ken")
	f.Set(first)
	return f
}

func (f *far) writeToken(text string) {
	if err := os.WriteFile(f.tokenFile, []byte(text+"\n"), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// do changes something and wakes the watches.
func (f *far) do(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.changed)
	f.changed = make(chan struct{})
}

// put creates or changes a slice.
func (f *far) put(name, addressType string, ports []any, endpoints ...object) {
	f.do(func() {
		kind := "MODIFIED"
		if f.slices[name] == nil {
			kind = "ADDED"
		}
		f.version++
		o := object{
			"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
			"metadata": object{
				"name": name, "namespace": "shop", "resourceVersion": strconv.Itoa(f.version), "managedFields": []any{},
				"labels": object{"kubernetes.io/service-name": "orders"},
			},
			"addressType": addressType, "ports": ports, "endpoints": endpoints,
		}
		f.slices[name] = o
		f.history = append(f.history, change{f.version, kind, o})
	})
}

func (f *far) delete(name string) {
	f.do(func() {
		f.version++
		o := f.slices[name]
		delete(f.slices, name)
		o["metadata"].(object)["resourceVersion"] = strconv.Itoa(f.version)
		f.history = append(f.history, change{f.version, "DELETED", o})
	})
}

// unrelated moves the version on, as anything else in the cluster does.
func (f *far) unrelated(versions int) { f.do(func() { f.version += versions }) }

// compact forgets the history.
func (f *far) compact() { f.do(func() { f.compacted = f.version }) }

// endWatches ends those that run, properly.
func (f *far) endWatches() { f.do(func() { f.ends++ }) }

func ports(name string, number int) []any {
	return []any{object{"name": "metrics", "port": 9090, "protocol": "TCP"}, object{"name": name, "port": number, "protocol": "TCP"}}
}

func ready(addr string) object {
	return object{"addresses": []string{addr}, "conditions": object{"ready": true, "serving": true, "terminating": false}}
}

func (f *far) Set(set []discovery.Endpoint) {
	endpoints := []object{}
	for _, e := range set {
		host, _, _ := net.SplitHostPort(e.Addr)
		endpoints = append(endpoints, ready(host))
	}
	f.do(func() { f.fail, f.hang = false, false })
	f.put("orders-abc", "IPv4", ports("http", 8100), endpoints...)
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
	hang, fail, token, reply := f.hang, f.fail, f.token, f.reply
	f.mu.Unlock()
	switch {
	case hang:
		<-r.Context().Done()
	case fail:
		refuse(w, http.StatusInternalServerError, "InternalError", "etcdserver: no leader")
	case r.Header.Get("Authorization") != "Bearer "+token:
		refuse(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized")
	case r.URL.Path != "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices":
		refuse(w, http.StatusForbidden, "Forbidden", `endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:shop:tiffin" cannot list resource`)
	case r.URL.Query().Get("labelSelector") != "kubernetes.io/service-name=orders":
		f.list(w, r, nil)
	case reply != nil && reply(w, r):
	case r.URL.Query().Get("watch") == "1":
		f.watch(w, r)
	default:
		f.listAll(w, r)
	}
}

func refuse(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(failureStatus(code, reason, message)); err != nil {
		return // the caller has gone
	}
}

func failureStatus(code int, reason, message string) object {
	return object{"kind": "Status", "apiVersion": "v1", "metadata": object{}, "status": "Failure", "message": message, "reason": reason, "code": code}
}

func (f *far) listAll(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := make([]string, 0, len(f.slices))
	for name := range f.slices {
		names = append(names, name)
	}
	slices.Sort(names)
	f.list(w, r, names)
}

// list answers one page of the slices with these names; the token to continue is the number to start with.
func (f *far) list(w http.ResponseWriter, r *http.Request, names []string) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if f.chunk > 0 {
		limit = f.chunk
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	items := []object{}
	meta := object{"resourceVersion": strconv.Itoa(f.version)}
	for n, name := range names[min(from, len(names)):] {
		if n == limit {
			meta["continue"] = strconv.Itoa(from + n)
			break
		}
		items = append(items, f.slices[name])
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(object{"kind": "EndpointSliceList", "apiVersion": "discovery.k8s.io/v1", "metadata": meta, "items": items}); err != nil {
		return // the caller has gone
	}
}

// watch streams the changes after the version, and a bookmark each minute, until the time asked for is over.
func (f *far) watch(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	version, err := strconv.Atoi(query.Get("resourceVersion"))
	seconds, err2 := strconv.Atoi(query.Get("timeoutSeconds"))
	if err != nil || err2 != nil {
		refuse(w, http.StatusBadRequest, "BadRequest", "watch wants a version and a time here")
		return
	}
	end := time.NewTimer(time.Duration(seconds) * time.Second)
	defer end.Stop()
	bookmark := time.NewTicker(time.Minute)
	defer bookmark.Stop()
	f.mu.Lock()
	ends, compacted := f.ends, f.compacted
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	if version < compacted {
		send(w, "ERROR", failureStatus(http.StatusGone, "Expired", fmt.Sprintf("too old resource version: %d (%d)", version, compacted)))
		return
	}
	for {
		f.mu.Lock()
		changed, stop, fail, hang := f.changed, f.ends != ends, f.fail, f.hang
		news := slices.DeleteFunc(slices.Clone(f.history), func(c change) bool { return c.version <= version })
		now := f.version
		f.mu.Unlock()
		if fail {
			panic(http.ErrAbortHandler)
		}
		if !hang {
			for _, c := range news {
				send(w, c.kind, c.object)
			}
			version = now
		}
		if stop {
			return
		}
		select {
		case <-changed:
		case <-bookmark.C:
			if query.Get("allowWatchBookmarks") == "true" && !hang {
				send(w, "BOOKMARK", object{"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "metadata": object{"resourceVersion": strconv.Itoa(now)}})
				f.mu.Lock()
				f.bookmarks++
				f.mu.Unlock()
			}
		case <-end.C:
			if !hang {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func send(w http.ResponseWriter, kind string, o object) {
	if err := json.NewEncoder(w).Encode(object{"type": kind, "object": o}); err != nil {
		return // the caller has gone
	}
	w.(http.Flusher).Flush()
}

// open serves the far side by HTTPS and returns a Config for a pod of its cluster, and the Deps that reach it.
func (f *far) open() (kubernetes.Config, kubernetes.Deps) {
	network := testkit.Start(f.t, nil)
	server := &http.Server{Handler: f, ErrorLog: log.New(io.Discard, "", 0), TLSConfig: &tls.Config{Certificates: []tls.Certificate{f.certificate(f.caFile)}}}
	listener, done := network.Listen(f.addr), make(chan struct{})
	go func() {
		defer close(done)
		server.ServeTLS(listener, "", "")
	}()
	f.t.Cleanup(func() {
		server.Close()
		<-done
	})
	cfg := kubernetes.Defaults()
	cfg.Namespace, cfg.Service, cfg.Port = "shop", "orders", "http"
	cfg.TokenFile, cfg.CAFile = f.tokenFile, f.caFile
	return cfg, kubernetes.Deps{
		Dial: func(ctx context.Context, kind, addr string) (net.Conn, error) {
			return network.DialContext(ctx, kind, addr)
		},
		Getenv: func(name string) string {
			return map[string]string{"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"}[name]
		},
	}
}

// certificate makes one for the API server, which is its own authority, and writes it to a file.
func (f *far) certificate(path string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
