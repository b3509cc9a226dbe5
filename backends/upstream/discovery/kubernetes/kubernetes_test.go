package kubernetes_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/kubernetes"
	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	discoverytest.Run(t, discoverytest.Suite{
		PerSession: 2,
		Open: func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
			f := newFar(t, first)
			cfg, deps := f.open()
			return kubernetes.New(cfg, deps), f
		},
	})
}

// in runs a test in a bubble with a far side that has one slice with 10.0.0.1.
func in(t *testing.T, test func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFar(t, discoverytest.Endpoints("10.0.0.1"))
		cfg, deps := f.open()
		test(t, f, cfg, deps)
	})
}

func TestConditions(t *testing.T) {
	conditions := func(addr string, c object) object {
		return object{"addresses": []string{addr, "10.9.9.9"}, "conditions": c, "zone": "eu-1", "nodeName": "n", "targetRef": object{"kind": "Pod"}}
	}
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		f.put("orders-abc", "IPv4", ports("http", 8100),
			conditions("10.0.0.1", object{"ready": true, "serving": true, "terminating": false}),
			conditions("10.0.0.2", object{}),
			conditions("10.0.0.3", object{"ready": false, "serving": false, "terminating": false}), // starting
			conditions("10.0.0.4", object{"ready": false, "serving": true, "terminating": true}),   // draining
			conditions("10.0.0.5", object{"ready": false, "serving": false, "terminating": true}),  // draining, fails its probe
			conditions("10.0.0.6", object{"ready": true, "serving": true, "terminating": true}),    // publishNotReadyAddresses
			conditions("10.0.0.7", object{"ready": false, "terminating": true}),                    // an old server: serving is ready
			conditions("10.0.0.8", object{"ready": false}),
			conditions("10.0.0.9", nil),
			object{"addresses": []string{}},
			object{"addresses": []string{"not an address"}},
		)
		discoverytest.Start(t, kubernetes.New(cfg, deps), false).Set([]discovery.Endpoint{
			{Addr: "10.0.0.1:8100", Zone: "eu-1"},
			{Addr: "10.0.0.2:8100", Zone: "eu-1"},
			{Addr: "10.0.0.4:8100", Zone: "eu-1", Draining: true},
			{Addr: "10.0.0.6:8100", Zone: "eu-1"},
			{Addr: "10.0.0.9:8100", Zone: "eu-1"},
		})
	})
}

// While slices are rearranged an endpoint is in two of them, perhaps in different conditions; each slice has ports of its own.
func TestSeveralSlices(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		f.put("orders-def", "IPv4", ports("http", 8101), ready("10.0.0.2"))
		f.put("orders-ghi", "IPv4", ports("http", 8100), ready("10.0.0.1"), ready("10.0.0.3"))
		f.put("orders-jkl", "IPv4", ports("http", 8100), object{"addresses": []string{"10.0.0.1"}, "conditions": object{"ready": false, "serving": true, "terminating": true}})
		f.put("orders-mno", "IPv4", ports("grpc", 8100), ready("10.0.0.4"))
		f.put("orders-pqr", "FQDN", ports("http", 80), ready("Orders.example.com"))
		w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
		all := []discovery.Endpoint{{Addr: "10.0.0.1:8100"}, {Addr: "10.0.0.2:8101"}, {Addr: "10.0.0.3:8100"}, {Addr: "orders.example.com:80"}}
		w.Set(all)
		f.delete("orders-def")
		w.Set([]discovery.Endpoint{all[0], all[2], all[3]})
		f.delete("orders-ghi")
		w.Set([]discovery.Endpoint{all[0], all[3]})
		f.delete("orders-abc")
		w.Set([]discovery.Endpoint{{Addr: "10.0.0.1:8100", Draining: true}, all[3]})
		f.delete("orders-pqr")
		f.delete("orders-jkl")
		w.Set([]discovery.Endpoint{{Addr: "10.0.0.1:8100", Draining: true}})
		if err := w.Failure(); !strings.Contains(err.Error(), `has no port "http"`) { // only orders-mno is left
			t.Errorf("failure %v", err)
		}
	})
}

func TestPorts(t *testing.T) {
	for port, want := range map[string]string{"http": "10.0.0.1:8100", "8100": "10.0.0.1:8100", "metrics": "10.0.0.1:9090", "9090": "10.0.0.1:9090", "grpc": "", "81": ""} {
		in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
			f.put("orders-all", "IPv4", []any{object{"name": port}}, ready("10.0.0.9")) // all ports: which one?
			cfg.Port = port
			w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
			if want != "" {
				w.Set([]discovery.Endpoint{{Addr: want}})
			} else if err := w.Failure(); !strings.Contains(err.Error(), "the service shop/orders has no port") {
				t.Errorf("port %s: %v", port, err)
			}
		})
	}
}

func TestFamilies(t *testing.T) {
	v4, v6 := discovery.Endpoint{Addr: "10.0.0.1:8100"}, discovery.Endpoint{Addr: "[2001:db8::1]:8100"}
	for family, want := range map[discovery.Family][]discovery.Endpoint{discovery.AnyFamily: {v4, v6}, discovery.IPv4: {v4}, discovery.IPv6: {v6}} {
		in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
			f.put("orders-v6", "IPv6", ports("http", 8100), ready("2001:db8::1"))
			cfg.Family = family
			discoverytest.Start(t, kubernetes.New(cfg, deps), false).Set(want)
		})
	}
}

func TestPages(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		f.chunk = 2
		hosts := []string{"10.0.0.1"}
		for n := range 6 {
			hosts = append(hosts, fmt.Sprintf("10.0.1.%d", n))
			f.put(fmt.Sprint("orders-", n), "IPv4", ports("http", 8100), ready(hosts[n+1]))
		}
		discoverytest.Start(t, kubernetes.New(cfg, deps), false).Set(discoverytest.Endpoints(hosts...))
		if n := f.Requests(); n != 4 && n != 5 {
			t.Errorf("%d requests, want 4 pages (and perhaps the watch)", n)
		}
	})
}

func TestTooManyPages(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		f.chunk = 1
		for n := range 10 {
			f.put(fmt.Sprint("orders-", n), "IPv4", ports("http", 8100))
		}
		if err := discoverytest.Start(t, kubernetes.New(cfg, deps), false).Failure(); !strings.Contains(err.Error(), "more than 1000 EndpointSlices") {
			t.Errorf("failure %v", err)
		}
	})
}

// lists says how many of the requests were lists.
func (f *far) lists() (n int) {
	for _, r := range f.seen() {
		if r.URL.Query().Get("watch") == "" {
			n++
		}
	}
	return n
}

// While nothing changes for hours, bookmarks keep the version young enough to watch from, although the history is lost.
func TestBookmarks(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		for range 200 { // minutes
			<-time.After(time.Minute)
			f.do(func() { f.compacted = f.version })
			f.unrelated(1)
		}
		if f.bookmarks < 100 {
			t.Errorf("%d bookmarks were sent", f.bookmarks)
		}
		if n := f.lists(); n > 20 {
			t.Errorf("%d lists, want few", n)
		}
		last := f.seen()[f.Requests()-1].URL.Query().Get("resourceVersion")
		if version, _ := strconv.Atoi(last); version < 1100 {
			t.Errorf("the last watch began at version %s, want one of a bookmark", last)
		}
		if more := w.Drain(); more != nil {
			t.Errorf("reported %v", more)
		}
	})
}

// A watch that ended properly goes on where it was, without a list, and misses nothing.
func TestWatchResumes(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		for n := range 5 {
			synctest.Wait()
			f.endWatches()
			synctest.Wait()
			next := discoverytest.Endpoints(fmt.Sprintf("10.0.1.%d", n))
			f.Set(next) // in between
			w.Set(next)
		}
		if n := f.lists(); n != 1 {
			t.Errorf("%d lists, want 1", n)
		}
	})
}

// Some proxies end every answer at once; each session has its own connection and leaves none.
func TestWatchesThatEndAtOnce(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		dialer := discoverytest.Dialer{Next: deps.Dial}
		deps.Dial = dialer.DialContext
		f.do(func() {
			f.reply = func(_ http.ResponseWriter, r *http.Request) bool { return r.URL.Query().Has("watch") }
		})
		w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		<-time.After(time.Minute)
		if n := f.Requests(); n < 30 || n > 62 {
			t.Errorf("%d requests in a minute, want about one a second", n)
		}
		if n := dialer.Open(); n > 1 {
			t.Errorf("%d connections are open, want at most one", n)
		}
		w.Stop()
		<-time.After(time.Minute) // a connection that was just ending is closed by its idle time
		synctest.Wait()
		if n := dialer.Open(); n != 0 {
			t.Errorf("%d connections left", n)
		}
		if more := w.Drain(); more != nil {
			t.Errorf("reported %v", more)
		}
	})
}

// 410: what happened since is lost, so the slices are listed again; that is no failure. It comes as an event, or as the status of the answer.
func TestGone(t *testing.T) {
	for _, asStatus := range []bool{false, true} {
		in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
			f.put("orders-def", "IPv4", ports("http", 8100), ready("10.0.0.2"))
			w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
			w.Set(discoverytest.Endpoints("10.0.0.1", "10.0.0.2"))
			synctest.Wait()
			f.endWatches()
			synctest.Wait()
			f.delete("orders-def") // nobody will tell
			f.compact()
			f.do(func() {
				f.reply = func(w http.ResponseWriter, r *http.Request) bool {
					version, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
					if asStatus && version > 0 && version < 1003 {
						refuse(w, http.StatusGone, "Expired", "too old resource version")
						return true
					}
					return false
				}
			})
			w.Set(discoverytest.Endpoints("10.0.0.1"))
			if n := f.lists(); n != 2 {
				t.Errorf("%d lists, want 2", n)
			}
		})
	}
}

// A server that has forgotten what it has just listed is broken.
func TestGoneAtOnceIsAFailure(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		f.do(func() { f.compacted = 1 << 30 })
		w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		if err := w.Failure(); !strings.Contains(err.Error(), `status 410, "too old resource version`) {
			t.Errorf("failure %v", err)
		}
		before := f.Requests()
		<-time.After(time.Hour)
		if n := f.Requests() - before; n > 1600 {
			t.Errorf("%d requests in an hour", n)
		}
	})
}

func TestStrangeAnswers(t *testing.T) {
	const list = `{"metadata":{"resourceVersion":"1"},"items":[]}`
	for what, tt := range map[string]struct{ list, watch, want string }{
		"not JSON":           {"<html>", "", "is not one of EndpointSlices"},
		"cut off":            {`{"metadata"`, "", "is not one of EndpointSlices"},
		"no version":         {`{"items":[]}`, "", "has no resourceVersion: is this the Kubernetes API?"},
		"too large":          {strings.Repeat(" ", 64<<20+1), "", "is larger than"},
		"not an event":       {list, "<html>", "reading the watch: "},
		"half an event":      {list, `{"type":"ADDED"`, "reading the watch: unexpected EOF"},
		"unknown event":      {list, `{"type":"` + strings.Repeat("X", 100) + `","object":{}}`, `has an event of the unknown type "` + strings.Repeat("X", 20) + `"`},
		"not an object":      {list, `{"type":"ADDED","object":[]}`, "reading an event in the watch"},
		"no object":          {list, `{"type":"ADDED"}`, "reading an event in the watch"},
		"not a status":       {list, `{"type":"ERROR","object":[]}`, "reading an error in the watch"},
		"an error":           {list, `{"type":"ERROR","object":{"code":500,"message":"oops"}}`, `status 500, "oops"`},
		"too large an event": {list, `{"type":"` + strings.Repeat("x", 5<<20), "an event is larger than"},
	} {
		t.Run(what, func(t *testing.T) {
			in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
				f.do(func() {
					f.reply = func(w http.ResponseWriter, r *http.Request) bool {
						io.WriteString(w, map[bool]string{true: tt.watch, false: tt.list}[r.URL.Query().Has("watch")])
						return true
					}
				})
				w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
				err := w.Failure()
				if errors.Is(err, discovery.ErrEmpty) { // of the list
					err = w.Failure()
				}
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("failure %.300v, want %q", err, tt.want)
				}
			})
		})
	}
}

// An answer that switches protocols is a failure: nothing that follows is waited for. HTTP/2 has no such answer.
func TestProtocolsAreNotSwitched(t *testing.T) {
	in(t, func(t *testing.T, _ *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		network := testkit.Start(t, map[string]http.Handler{"proxy.test": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "x")
			w.WriteHeader(http.StatusSwitchingProtocols)
		})})
		cfg.API, deps.Dial = "http://proxy.test", network.DialContext
		if err := discoverytest.Start(t, kubernetes.New(cfg, deps), false).Failure(); !strings.Contains(err.Error(), "status 101, ") {
			t.Errorf("failure %v", err)
		}
	})
}

func TestParse(t *testing.T) {
	tests := []struct{ url, want string }{
		{"kubernetes://shop/orders:http", `shop orders http any "" orders.shop.svc`},
		{"kubernetes://shop/orders:8100?family=ipv6&api=https://10.0.0.1:6443/&token_file=/t&ca_file=/c&scheme=https&path=/v1", `shop orders 8100 ipv6 "https://10.0.0.1:6443" orders.shop.svc`},
		{"kubernetes://shop/orders:http?api=http://[::1]:8001", `shop orders http any "http://[::1]:8001" orders.shop.svc`},

		{"kubernetes:///orders:http", "url: has no namespace, or one that"},
		{"kubernetes://shop.orders/orders:http", "url: has no namespace, or one that"},
		{"kubernetes://shop:80/orders:http", "url: has no namespace, or one that"},
		{"kubernetes://shop", "url: has no service, or one that"},
		{"kubernetes://shop/Orders:http", "url: has no service, or one that"},
		{"kubernetes://shop/..:http", "url: has no service, or one that"},
		{"kubernetes://shop/orders", "url: has no port, or one that"},
		{"kubernetes://shop/orders:", "url: has no port, or one that"},
		{"kubernetes://shop/orders:http/v1", "url: has no port, or one that"},
		{"kubernetes://shop/orders:http?api=10.0.0.1", "url: has an api that is not https://host:port"},
		{"kubernetes://shop/orders:http?api=https://me:s3cret@10.0.0.1", "url: has an api that is not https://host:port"},
		{"kubernetes://shop/orders:http?api=https://10.0.0.1/k8s", "url: has an api that is not https://host:port"},
		{"kubernetes://shop/orders:http?token=s3cret", "url: has an unknown parameter token"},
	}
	for _, tt := range tests {
		target, problems := discovery.ParseTarget(tt.url)
		if problems != nil {
			t.Fatal(problems)
		}
		c, problems := kubernetes.Parse(target.Provider)
		got := fmt.Sprintf("%s %s %s %s %q %s", c.Namespace, c.Service, c.Port, c.Family, c.API, c.ServerName())
		if problems != nil {
			got = problems[0].Error()
		}
		if problems == nil && got != tt.want || !strings.HasPrefix(got, tt.want) || strings.Contains(got, "s3cret") {
			t.Errorf("%s: %s, want %s", tt.url, got, tt.want)
		}
	}
}
