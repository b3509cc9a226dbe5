//go:build servers

package kubernetes_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/kubernetes"
)

func TestReal(t *testing.T) {
	c := startCluster(t)
	token := c.account("tiffin", "list", "watch")
	t.Run("conformance", func(t *testing.T) {
		discoverytest.Run(t, discoverytest.Suite{
			Real: true,
			Open: func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
				c.t = t
				c.Set(first)
				return kubernetes.New(c.config(token), c.deps()), c
			},
		})
	})
	for _, test := range []struct {
		name string
		run  func(c *cluster, token string)
	}{
		{"conditions", realConditions},
		{"several slices", realSlices},
		{"pages", realPages},
		{"a watch resumes", realResumes},
		{"bookmarks", realBookmarks},
		{"gone", realGone},
		{"rights", realRights},
		{"restart", realRestart},
		{"frozen", realFrozen},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.t = t
			c.back()
			c.only("10.0.0.1")
			test.run(c, token)
		})
	}
	c.t = t
}

func realConditions(c *cluster, token string) {
	conditions := func(addr string, conditions any) object {
		return object{"addresses": []string{addr, "10.9.9.9"}, "conditions": conditions, "zone": "eu-1", "nodeName": "n", "targetRef": object{"kind": "Pod", "name": "p"}}
	}
	one := []object{
		conditions("10.0.0.1", object{"ready": true, "serving": true, "terminating": false}),
		conditions("10.0.0.2", object{}),
		conditions("10.0.0.3", object{"ready": false, "serving": false, "terminating": false}),
		conditions("10.0.0.4", object{"ready": false, "serving": true, "terminating": true}),
		conditions("10.0.0.5", object{"ready": false, "serving": false, "terminating": true}),
		conditions("10.0.0.6", object{"ready": true, "serving": true, "terminating": true}),
		conditions("10.0.0.7", object{"ready": false, "terminating": true}),
	}
	w := c.watch(c.config(token))
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	c.put("orders-abc", "IPv4", ports("http", 8100), one...)
	w.Set([]discovery.Endpoint{
		{Addr: "10.0.0.1:8100", Zone: "eu-1"},
		{Addr: "10.0.0.2:8100", Zone: "eu-1"},
		{Addr: "10.0.0.4:8100", Zone: "eu-1", Draining: true},
		{Addr: "10.0.0.6:8100", Zone: "eu-1"},
	})
	c.put("orders-abc", "IPv4", ports("http", 8100), one[4])
	if err := w.Failure(); !errors.Is(err, discovery.ErrEmpty) {
		c.t.Errorf("none can take requests: %v", err)
	}
	byNumber := c.config(token)
	byNumber.Port = "9090"
	c.put("orders-abc", "IPv4", append(ports("http", 8100), object{"name": "all"}), one[0])
	c.watch(byNumber).Set([]discovery.Endpoint{{Addr: "10.0.0.1:9090", Zone: "eu-1"}})
	byNumber.Port = "grpc"
	if err := c.watch(byNumber).Failure(); !strings.Contains(err.Error(), `the service shop/orders has no port "grpc"`) {
		c.t.Errorf("no such port: %v", err)
	}
}

func realSlices(c *cluster, token string) {
	c.put("orders-def", "IPv4", ports("http", 8101), ready("10.0.0.2"))
	c.put("orders-v6", "IPv6", ports("http", 8100), ready("2001:db8::1"))
	c.put("orders-fqdn", "FQDN", ports("http", 80), ready("orders.example.com"))
	c.must(http.MethodPatch, slicesPath+"/payments-abc?fieldManager=test", object{
		"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4", "ports": ports("http", 8100), "endpoints": []object{ready("10.0.0.9")},
		"metadata": object{"name": "payments-abc", "labels": object{"kubernetes.io/service-name": "payments"}},
	})
	w := c.watch(c.config(token))
	all := []discovery.Endpoint{{Addr: "10.0.0.1:8100"}, {Addr: "10.0.0.2:8101"}, {Addr: "[2001:db8::1]:8100"}, {Addr: "orders.example.com:80"}}
	w.Set(all)
	c.put("orders-abc", "IPv4", ports("http", 8100), ready("10.0.0.1"), ready("10.0.0.3"))
	w.Set(append([]discovery.Endpoint{{Addr: "10.0.0.3:8100"}}, all...))
	c.delete("orders-abc")
	w.Set(all[1:])
	c.delete("orders-def")
	w.Set(all[2:])
	c.delete("orders-v6")
	c.delete("orders-fqdn")
	w.Set(all[3:])
	if err := w.Failure(); !errors.Is(err, discovery.ErrEmpty) {
		c.t.Errorf("after the last slice: %v", err)
	}
	c.Set(discoverytest.Endpoints("10.0.0.4"))
	w.Set(discoverytest.Endpoints("10.0.0.4"))
}

// A service of many slices comes in pages.
func realPages(c *cluster, token string) {
	hosts := []string{"10.0.0.1"}
	for n := range 204 {
		hosts = append(hosts, fmt.Sprintf("10.0.1.%d", n))
		c.put(fmt.Sprint("orders-", n), "IPv4", ports("http", 8100), ready(hosts[n+1]))
	}
	p := newProxy(c, token, 300)
	w := p.watch()
	w.Set(discoverytest.Endpoints(hosts...))
	if n := p.lists.Load(); n != 3 {
		c.t.Errorf("%d lists, want 3 pages of 100", n)
	}
	c.delete("orders-203")
	w.Set(discoverytest.Endpoints(hosts[:204]...))
}

// A watch that the server ended goes on where it was: nothing is listed again, nothing is missed.
func realResumes(c *cluster, token string) {
	p := newProxy(c, token, 1)
	w := p.watch()
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	for n := range 4 {
		p.between(func() { c.Set(discoverytest.Endpoints(fmt.Sprintf("10.0.1.%d", n))) })
		w.Set(discoverytest.Endpoints(fmt.Sprintf("10.0.1.%d", n)))
	}
	if n := p.lists.Load(); n != 1 {
		c.t.Errorf("%d lists, want 1", n)
	}
}

// A bookmark moves the version on although nothing of the service has changed.
func realBookmarks(c *cluster, token string) {
	p := newProxy(c, token, 8) // the server sends one 2 s before the end
	w := p.watch()
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	first := <-p.versions
	for range 3 { // another service
		name := fmt.Sprint("payments-", time.Now().UnixNano())
		c.must(http.MethodPost, slicesPath, object{
			"addressType": "IPv4", "ports": ports("http", 8100), "endpoints": []object{ready("10.0.0.9")},
			"metadata": object{"name": name, "labels": object{"kubernetes.io/service-name": "payments"}},
		})
	}
	before, _ := strconv.Atoi(first)
	if after, _ := strconv.Atoi(<-p.versions); after < before+3 {
		c.t.Errorf("watched from %d and then from %d, want the version of a bookmark", before, after)
	}
	if more := w.Drain(); more != nil {
		c.t.Errorf("reported %v", more)
	}
}

// What happened between two watches is forgotten by the API server and by etcd: 410, a new list, and no failure.
func realGone(c *cluster, token string) {
	c.put("orders-def", "IPv4", ports("http", 8100), ready("10.0.0.2"))
	p := newProxy(c, token, 1)
	w := p.watch()
	w.Set(discoverytest.Endpoints("10.0.0.1", "10.0.0.2"))
	<-p.versions // what is forgotten before the first watch is a failure
	p.between(func() {
		c.delete("orders-def") // nobody will tell
		c.put("orders-ghi", "IPv4", ports("http", 8100))
		c.compact()
		c.restart()
	})
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	if p.lists.Load() != 2 || p.gone.Load() != 1 {
		c.t.Errorf("%d answers of 410 and %d lists, want 1 and 2", p.gone.Load(), p.lists.Load())
	}
}

func realRights(c *cluster, token string) {
	refused := func(what string, err error, want string) {
		c.t.Helper()
		if text := err.Error(); !strings.Contains(text, want) || !strings.Contains(text, "needs list and watch on endpointslices.discovery.k8s.io") {
			c.t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	refused("no such token", c.watch(c.config(c.file("wrong", "t0ken"))).Failure(), "status 401, ")
	refused("no role", c.watch(c.config(c.account("nobody"))).Failure(), "status 403, ")
	other := c.config(token)
	other.Namespace = "kube-system"
	refused("another namespace", c.watch(other).Failure(), "status 403, ")
	w := c.watch(c.config(c.account("lister", "list")))
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	refused("list only", w.Failure(), "status 403, ")
	other = c.config(token)
	other.CAFile = filepath.Join(c.t.TempDir(), "ca.crt")
	(&far{t: c.t}).certificate(other.CAFile) // somebody else's
	if err := c.watch(other).Failure(); !strings.Contains(err.Error(), "certificate signed by unknown authority") {
		c.t.Errorf("somebody else's authority: %v", err)
	}
}

// An API server that is stopped properly ends its watches, late; when it is back, they go on.
func realRestart(c *cluster, token string) {
	w := c.watch(c.config(token))
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	c.restart()
	c.Set(discoverytest.Endpoints("10.0.0.2"))
	w.Until(discoverytest.Endpoints("10.0.0.2")) // perhaps as it was before, too
}

// A server that is there and says nothing is found by pings.
func realFrozen(c *cluster, token string) {
	w := c.watch(c.config(token))
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	w.Wait(2 * time.Minute)
	c.api.Signal(syscall.SIGSTOP)
	defer c.api.Signal(syscall.SIGCONT)
	began := time.Now()
	err := w.Failure()
	c.t.Logf("seen after %v: %v", time.Since(began), err)
	c.api.Signal(syscall.SIGCONT)
	w.Recovery(discoverytest.Endpoints("10.0.0.1"))
}
