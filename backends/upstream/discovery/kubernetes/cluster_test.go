//go:build servers

package kubernetes_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/kubernetes"
)

// admin is the bearer token of who may do everything.
const admin = "4dm1n"

const slicesPath = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"

// cluster is a real kube-apiserver with its etcd: all of Kubernetes that a provider speaks with. It authorizes by roles.
type cluster struct {
	t      *testing.T
	addr   string // of the API server
	store  string // of etcd
	api    *discoverytest.Program
	dir    string
	caFile string
	client *http.Client
	gate   discoverytest.Gate
}

// startCluster runs both, or skips the test where one is missing.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	etcd, apiserver := discoverytest.Find(t, "ETCD", "etcd"), discoverytest.Find(t, "KUBE_APISERVER", "kube-apiserver")
	c := &cluster{t: t, addr: discoverytest.FreeAddress(t), store: discoverytest.FreeAddress(t), dir: t.TempDir()}
	c.caFile = filepath.Join(c.dir, "apiserver.crt") // the server makes it, and its authority
	peer := "http://" + discoverytest.FreeAddress(t)
	discoverytest.RunProgram(t, etcd, "--data-dir", filepath.Join(c.dir, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls", "http://"+c.store, "--advertise-client-urls", "http://"+c.store,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	host, port, _ := net.SplitHostPort(c.addr)
	c.api = discoverytest.RunProgram(t, apiserver, "--bind-address", host, "--secure-port", port, "--advertise-address", host,
		"--etcd-servers", "http://"+c.store, "--etcd-compaction-interval", "0", "--cert-dir", c.dir,
		"--authorization-mode", "RBAC", "--token-auth-file", c.file("tokens", admin+",admin,1,system:masters\n"),
		"--service-account-issuer", "https://kubernetes.default.svc", "--api-audiences", "https://kubernetes.default.svc",
		"--service-account-key-file", c.key(), "--service-account-signing-key-file", filepath.Join(c.dir, "accounts.key"),
		"--disable-admission-plugins", "ServiceAccount", "--service-cluster-ip-range", "10.96.0.0/24", "--request-timeout", "5s") // how long it waits for watches when it stops
	c.ready()
	c.must(http.MethodPost, "/api/v1/namespaces", object{"metadata": object{"name": "shop"}})
	return c
}

func (c *cluster) file(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// key makes what service accounts' tokens are signed with.
func (c *cluster) key() string {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.file("accounts.key", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
}

// do makes a request with a token. A body of PATCH is applied, whether the object exists or not.
func (c *cluster) do(token, method, path string, body any) ([]byte, error) {
	if c.client == nil {
		text, err := os.ReadFile(c.caFile)
		if err != nil {
			return nil, err // not made yet
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		c.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, "https://"+c.addr+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/apply-patch+yaml") // of which JSON is a part
	}
	res, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: status %d, %.500s", method, path, res.StatusCode, answer)
	}
	return answer, err
}

// must makes a request as who may do everything.
func (c *cluster) must(method, path string, body any) []byte {
	c.t.Helper()
	answer, err := c.do(admin, method, path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer
}

func (c *cluster) ready() {
	c.t.Helper()
	discoverytest.Eventually(c.t, func() error {
		_, err := c.do(admin, http.MethodGet, "/readyz", nil)
		return err
	})
}

// back runs the API server again.
func (c *cluster) back() {
	c.t.Helper()
	if !c.api.Running() {
		c.api.Start()
		c.ready()
	}
}

// restart stops the API server properly and lets it come back.
func (c *cluster) restart() {
	c.t.Helper()
	c.api.Stop(syscall.SIGTERM)
	c.back()
}

// put creates or changes a slice of the service "orders".
func (c *cluster) put(name, addressType string, ports []any, endpoints ...object) {
	c.t.Helper()
	c.must(http.MethodPatch, slicesPath+"/"+name+"?fieldManager=test&force=true", object{
		"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
		"metadata":    object{"name": name, "labels": object{"kubernetes.io/service-name": "orders"}},
		"addressType": addressType, "ports": ports, "endpoints": append([]object{}, endpoints...),
	})
}

func (c *cluster) delete(name string) {
	c.t.Helper()
	c.must(http.MethodDelete, slicesPath+"/"+name, nil)
}

// only leaves one slice, with these instances.
func (c *cluster) only(hosts ...string) {
	c.t.Helper()
	c.must(http.MethodDelete, slicesPath, nil)
	c.Set(discoverytest.Endpoints(hosts...))
}

// Set is one slice. A server that was away is not seen as it was before.
func (c *cluster) Set(set []discovery.Endpoint) {
	c.t.Helper()
	if c.api.Running() {
		c.set(set)
		return
	}
	c.gate.Shut(func() {
		c.back()
		c.set(set)
	})
}

func (c *cluster) set(set []discovery.Endpoint) {
	c.t.Helper()
	var endpoints []object
	for _, e := range set {
		host, _, _ := net.SplitHostPort(e.Addr)
		endpoints = append(endpoints, ready(host))
	}
	c.put("orders-abc", "IPv4", ports("http", 8100), endpoints...)
}

// Fail kills the API server, as a crash would.
func (c *cluster) Fail() { c.api.Stop(os.Kill) }

// Requests is not counted: a suite in real time does not ask.
func (c *cluster) Requests() int { return 0 }

// account makes a service account that may do these things with EndpointSlices in the namespace, and returns a file with its token, as a
// pod has it.
func (c *cluster) account(name string, verbs ...string) string {
	c.t.Helper()
	const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/"
	c.must(http.MethodPost, "/api/v1/namespaces/shop/serviceaccounts", object{"metadata": object{"name": name}})
	if len(verbs) > 0 {
		c.must(http.MethodPost, rbac+"roles", object{
			"metadata": object{"name": name}, "rules": []object{{"apiGroups": []string{"discovery.k8s.io"}, "resources": []string{"endpointslices"}, "verbs": verbs}},
		})
		c.must(http.MethodPost, rbac+"rolebindings", object{
			"metadata": object{"name": name}, "roleRef": object{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
			"subjects": []object{{"kind": "ServiceAccount", "name": name, "namespace": "shop"}},
		})
	}
	var made struct{ Status struct{ Token string } }
	text := c.must(http.MethodPost, "/api/v1/namespaces/shop/serviceaccounts/"+name+"/token", object{"spec": object{"expirationSeconds": 3600}})
	if err := json.Unmarshal(text, &made); err != nil || made.Status.Token == "" {
		c.t.Fatalf("a token as %s: %v", text, err)
	}
	if len(verbs) > 0 { // the server learns of roles by a watch of its own
		discoverytest.Eventually(c.t, func() error {
			_, err := c.do(made.Status.Token, http.MethodGet, slicesPath, nil)
			return err
		})
	}
	return c.file(name+".token", made.Status.Token+"\n")
}

// config is that of a pod with this token.
func (c *cluster) config(tokenFile string) kubernetes.Config {
	cfg := kubernetes.Defaults()
	cfg.Namespace, cfg.Service, cfg.Port = "shop", "orders", "http"
	cfg.TokenFile, cfg.CAFile = tokenFile, c.caFile
	cfg.Backoff.Max = time.Second
	return cfg
}

// deps are the environment of a pod.
func (c *cluster) deps() kubernetes.Deps {
	host, port, _ := net.SplitHostPort(c.addr)
	environment := map[string]string{"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
	return kubernetes.Deps{Dial: c.gate.DialContext, Getenv: func(name string) string { return environment[name] }}
}

func (c *cluster) watch(cfg kubernetes.Config) *discoverytest.Watch {
	return discoverytest.Start(c.t, kubernetes.New(cfg, c.deps()), true)
}

// compact makes etcd forget what was before the last change.
func (c *cluster) compact() {
	c.t.Helper()
	var last struct{ Header struct{ Revision string } }
	if err := json.Unmarshal(c.etcd("range", `{"key":"AA=="}`), &last); err != nil {
		c.t.Fatal(err)
	}
	c.etcd("compaction", fmt.Sprintf(`{"revision":%q,"physical":true}`, last.Header.Revision))
}

func (c *cluster) etcd(path, body string) []byte {
	c.t.Helper()
	res, err := c.client.Post("http://"+c.store+"/v3/kv/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("etcd: status %d, %s, %v", res.StatusCode, answer, err)
	}
	return answer
}
