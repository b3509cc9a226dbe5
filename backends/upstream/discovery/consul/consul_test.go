package consul_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/consul"
	"tiffin/backends/upstream/discovery/discoverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	discoverytest.Run(t, discoverytest.Suite{
		Open: func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
			f := newFar(t, first)
			cfg, deps := f.open()
			return consul.New(cfg, deps), f
		},
	})
}

// in runs a test in a bubble with a far side that has the instances.
func in(t *testing.T, test func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps), instances ...instance) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFar(t, nil)
		f.put(instances...)
		cfg, deps := f.open()
		test(t, f, cfg, deps)
	})
}

func TestWhatIsRead(t *testing.T) {
	in(t, func(t *testing.T, _ *far, cfg consul.Config, deps consul.Deps) {
		discoverytest.Start(t, consul.New(cfg, deps), false).Set([]discovery.Endpoint{
			{Addr: "10.0.0.1:80", Weight: 10, Zone: "eu-1"},
			{Addr: "10.0.1.2:80", Weight: 1, Zone: "b"},
			{Addr: "[2001:db8::3]:80", Weight: 1, Zone: "c"},
			{Addr: "orders-4.internal:80", Weight: 1},
		})
	},
		instance{address: "10.0.0.1", port: 80, status: "passing", weight: 10, zone: "eu-1", meta: map[string]string{"zone": "a"}},
		instance{address: "10.0.0.2", own: "10.0.1.2", port: 80, status: "passing", meta: map[string]string{"zone": "b"}, nodeMeta: map[string]string{"zone": "x"}},
		instance{address: "2001:DB8:0::3", port: 80, status: "passing", nodeMeta: map[string]string{"zone": "c"}},
		instance{address: "10.0.0.4", own: "Orders-4.internal", port: 80, status: "passing"},
		instance{address: "10.0.0.5", port: 80, status: "warning"},
		instance{address: "10.0.0.6", port: 80, status: "critical"},
	)
}

func TestWhatIsAsked(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		cfg.Tags, cfg.Datacenter, cfg.Wait = []string{"v1", "blue"}, "eu", 90*time.Second
		discoverytest.Start(t, consul.New(cfg, deps), false).Set(discoverytest.Endpoints("10.0.0.2"))
		<-time.After(time.Second)
		for n, want := range []string{
			"/v1/health/service/orders?dc=eu&passing=1&tag=v1&tag=blue",
			fmt.Sprintf("/v1/health/service/orders?dc=eu&index=%d&passing=1&tag=v1&tag=blue&wait=90000ms", f.index),
		} {
			if got := f.seen()[n].URL.String(); got != want {
				t.Errorf("request %d: %s, want %s", n+1, got, want)
			}
		}
	},
		instance{address: "10.0.0.1", port: 8100, status: "passing", tags: []string{"v1"}},
		instance{address: "10.0.0.2", port: 8100, status: "passing", tags: []string{"blue", "v1"}},
	)
}

func TestBlocking(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		<-time.After(time.Hour)
		if n := f.Requests(); n < 11 || n > 13 {
			t.Errorf("%d requests in an hour, want one in 5m19s", n)
		}
		began := time.Now()
		f.Set(discoverytest.Endpoints("10.0.0.2"))
		w.Set(discoverytest.Endpoints("10.0.0.2"))
		if late := time.Since(began); late > 0 {
			t.Errorf("the change was seen after %v, want at once", late)
		}
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

// A service whose checks flap changes the index all the time.
func TestAFlappingServiceCostsLittle(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		_ = w.Next()
		before := f.Requests()
		for range 1000 { // for 10 s
			f.do(func() {})
			<-time.After(10 * time.Millisecond)
		}
		if n := f.Requests() - before; n > 101 {
			t.Errorf("%d requests in 10 s, want at most one per %v", n, cfg.Backoff.Base)
		}
		if more := w.Drain(); more != nil {
			t.Errorf("reported %v", more)
		}
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

// The servers were restored from a snapshot: indexes start below what we have seen.
func TestIndexGoesBackwards(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		_ = w.Next()
		<-time.After(time.Second) // it asks again
		began := time.Now()
		f.do(func() { f.index = 5 })
		<-time.After(time.Second)
		f.do(func() { f.instances[0].address = "10.0.0.2" }) // at index 12, far below
		w.Set(discoverytest.Endpoints("10.0.0.2"))
		if late := time.Since(began); late > 2*time.Second {
			t.Errorf("the change was seen after %v: still waiting for the old index", late)
		}
		var asked []string
		for _, r := range f.seen()[2:] {
			asked = append(asked, r.URL.Query().Get("index"))
		}
		if len(asked) < 2 || asked[0] != "" || asked[1] != "5" {
			t.Errorf("asked with the indexes %q, want none and then 5", asked)
		}
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

// After a failure the first answer must not wait for a change: it is the recovery.
func TestRecoveryDoesNotBlock(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		_ = w.Next()
		<-time.After(time.Second)
		f.do(func() { f.fail, f.index = true, f.index-7 }) // nothing changed
		_ = w.Failure()
		f.do(func() { f.fail, f.index = false, f.index-7 })
		began := time.Now()
		w.Recovery(discoverytest.Endpoints("10.0.0.1"))
		if late := time.Since(began); late > cfg.Backoff.Max {
			t.Errorf("seen after %v", late)
		}
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

func TestNoConnectionIsLeft(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		dialer := discoverytest.Dialer{Next: deps.Dial}
		deps.Dial = dialer.DialContext
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		_ = w.Next()
		synctest.Wait() // between two queries: the connection is idle
		if n := dialer.Open(); n != 1 {
			t.Errorf("%d connections while watching, want 1", n)
		}
		w.Stop()
		synctest.Wait()
		if n := dialer.Open(); n != 0 {
			t.Errorf("%d connections left", n)
		}
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

// An index of 0 would turn every further query into one that does not block.
func TestIndexZero(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		f.do(func() { f.index = 0 })
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		_ = w.Next()
		<-time.After(time.Minute)
		if n := f.Requests(); n != 2 {
			t.Errorf("%d requests in a minute, want 2: the second blocks", n)
		}
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

func TestToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		f.token, cfg.TokenFile = "s3cret", path
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		if err := w.Failure(); !strings.Contains(err.Error(), "reading the ACL token") {
			t.Errorf("without the file: %v", err)
		}
		if n := f.Requests(); n != 0 {
			t.Errorf("%d requests without the token, want none", n)
		}
		write("0ld-s3cret\n")
		var err error
		for err = w.Failure(); strings.Contains(err.Error(), "reading the ACL token"); err = w.Failure() {
		}
		if text := err.Error(); !strings.Contains(text, `status 403, "ACL not found"; the ACL token needs service:read and node:read`) || strings.Contains(text, "s3cret") {
			t.Errorf("wrong token: %v", err)
		}
		write("s3cret\n")
		w.Recovery(discoverytest.Endpoints("10.0.0.1"))
		for _, r := range f.seen() {
			if strings.Contains(r.URL.String(), "s3cret") {
				t.Errorf("the token is in the URL %s", r.URL)
			}
		}
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

func TestTokenFromTheEnvironment(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		f.token, cfg.TokenEnv = "s3cret", "CONSUL_HTTP_TOKEN"
		deps.Getenv = func(name string) string { return map[string]string{"CONSUL_HTTP_TOKEN": "s3cret"}[name] }
		discoverytest.Start(t, consul.New(cfg, deps), false).Set(discoverytest.Endpoints("10.0.0.1"))
		cfg.TokenEnv = "NOT_SET"
		if err := discoverytest.Start(t, consul.New(cfg, deps), false).Failure(); !strings.Contains(err.Error(), "the environment variable that token_env names is empty") {
			t.Errorf("failure %v", err)
		}
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

// Consul answers a token without rights with an empty list, and says that it filtered.
func TestFilteredByACL(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		f.token, f.filtered, cfg.TokenEnv = "s3cret", true, "TOKEN"
		deps.Getenv = func(string) string { return "s3cret" }
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		if err := w.Failure(); !errors.Is(err, discovery.ErrEmpty) || !strings.Contains(err.Error(), "that the ACL token may see") {
			t.Errorf("failure %v", err)
		}
		f.do(func() { f.filtered = false }) // the token was given rights, which wakes no query that blocks
		w.Recovery(discoverytest.Endpoints("10.0.0.1"))
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

// A caller without a token is not told that anything was filtered. It may be that there is nothing: the next query waits for a change, and
// what the first one said is not said again.
func TestAnonymous(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
		f.token = "s3cret"
		w := discoverytest.Start(t, consul.New(cfg, deps), false)
		if err := w.Failure(); !errors.Is(err, discovery.ErrEmpty) || !strings.Contains(err.Error(), "no ACL token is configured: where Consul has ACLs it needs service:read and node:read") {
			t.Errorf("failure %v", err)
		}
		<-time.After(time.Hour)
		if n := f.Requests(); n > 13 {
			t.Errorf("%d requests in an hour, want one in 5m19s", n)
		}
		if more := w.Drain(); more != nil {
			t.Errorf("reported %v again", more)
		}
		f.do(func() { f.token = "" })
		w.Set(discoverytest.Endpoints("10.0.0.1"))
	}, instance{address: "10.0.0.1", port: 8100, status: "passing"})
}

func TestStrangeAnswers(t *testing.T) {
	answer := func(status int, index, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if index != "" {
				w.Header().Set("X-Consul-Index", index)
			}
			w.Header().Set("Location", "http://evil.test/")
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	long := strings.Repeat("long ", 1000)
	for what, tt := range map[string]struct {
		reply http.HandlerFunc
		want  string
	}{
		"no leader":    {answer(500, "", "No cluster leader"), `status 500, "No cluster leader"`},
		"long message": {answer(500, "", long), `status 500, "` + long[:199] + `"`},
		"rate limited": {answer(429, "", "slow down"), `status 429`},
		"redirect":     {answer(302, "1", "[]"), `status 302`},
		"no index":     {answer(200, "", "[]"), "has no X-Consul-Index: is this Consul's HTTP API?"},
		"wrong index":  {answer(200, "-1", "[]"), "has no X-Consul-Index"},
		"not JSON":     {answer(200, "1", "<html>"), "is not the list of a service's instances"},
		"cut off":      {answer(200, "1", `[{"Node"`), "is not the list of a service's instances"},
		"no address":   {answer(200, "1", `[{"Service":{"Port":80}}]`), "instance 1 of 1 was registered without an address or a port"},
		"no port":      {answer(200, "1", `[{"Service":{"Address":"10.0.0.1"}}]`), "instance 1 of 1 was registered without"},
		"high port":    {answer(200, "1", `[{"Service":{"Address":"10.0.0.1","Port":65536}}]`), "instance 1 of 1 was registered without"},
		"too large":    {answer(200, "1", "["+strings.Repeat(" ", 16<<20)), "is larger than"},
		"switched": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "x")
			w.WriteHeader(http.StatusSwitchingProtocols)
		}, "read the answer of status 101"},
		"torn": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "[")
		}, "read the answer of status 200: unexpected EOF"},
	} {
		t.Run(what, func(t *testing.T) {
			in(t, func(t *testing.T, f *far, cfg consul.Config, deps consul.Deps) {
				f.reply = tt.reply
				err := discoverytest.Start(t, consul.New(cfg, deps), false).Failure()
				if text := err.Error(); !strings.Contains(text, tt.want) || !strings.HasPrefix(text, "asking Consul at "+addr+" for orders: ") || errors.Is(err, discovery.ErrEmpty) {
					t.Errorf("failure %v, want %q", err, tt.want)
				}
			})
		})
	}
}

func TestTLS(t *testing.T) {
	f := newFar(t, discoverytest.Endpoints("10.0.0.1"))
	server := httptest.NewTLSServer(f)
	t.Cleanup(server.Close)
	cfg := consul.Defaults()
	cfg.Addr, cfg.Service, cfg.TLS = server.Listener.Addr().String(), "orders", true

	if err := discoverytest.Start(t, consul.New(cfg, consul.Deps{}), true).Failure(); !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without its authority: %v", err)
	}
	cfg.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	for text, want := range map[string]string{"": "is empty", "nothing": "holds no certificate"} {
		os.WriteFile(cfg.CAFile, []byte(text), 0o600)
		if err := consul.New(cfg, consul.Deps{}).Watch(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CA file %q: %v, want %q", text, err, want)
		}
	}
	os.WriteFile(cfg.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600)
	w := discoverytest.Start(t, consul.New(cfg, consul.Deps{}), true)
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	w.Stop() // before the server closes, which waits for blocked queries
}

func TestParse(t *testing.T) {
	tests := []struct{ url, want string }{
		{"consul://127.0.0.1:8500/orders", `127.0.0.1:8500 orders [] "" "" "" false "" 5m0s`},
		{
			"consul://Consul.internal/orders?tag=v1&tag=blue&dc=eu&token_file=/run/token&tls=true&ca_file=/ca.pem&wait=1m&path=/v1",
			`consul.internal:8500 orders [v1 blue] "eu" "/run/token" "" true "/ca.pem" 1m0s`,
		},
		{"consul://[::1]:8500/orders?token_env=TOKEN", `[::1]:8500 orders [] "" "" "TOKEN" false "" 5m0s`},

		{"consul:///orders", "url: has a host that is empty; write it like"},
		{"consul://127.0.0.1:8500", "url: does not name one service; write it like"},
		{"consul://127.0.0.1:8500/", "url: does not name one service"},
		{"consul://127.0.0.1:8500/a/b", "url: does not name one service"},
		{"consul://127.0.0.1:8500/..", "url: does not name one service"},
		{"consul://127.0.0.1/a?tls=yes", "url: has a parameter tls that is none of the words allowed; write one of false, true"},
		{"consul://127.0.0.1/a?wait=1h", "url: has a parameter wait that is no duration in its range; write one from 1s to 10m0s"},
		{"consul://127.0.0.1/a?ca_file=/ca", "url: has a ca_file without tls"},
		{"consul://127.0.0.1/a?token_env=A&token_file=/b", "url: has both token_file and token_env"},
		{"consul://127.0.0.1/a?token=s3cret", "url: has an unknown parameter token; the parameters of this provider are tag, dc, token_file,"},
	}
	for _, tt := range tests {
		target, problems := discovery.ParseTarget(tt.url)
		if problems != nil {
			t.Fatal(problems)
		}
		c, problems := consul.Parse(target.Provider)
		got := fmt.Sprintf("%s %s %v %q %q %q %t %q %v", c.Addr, c.Service, c.Tags, c.Datacenter, c.TokenFile, c.TokenEnv, c.TLS, c.CAFile, c.Wait)
		if problems != nil {
			got = problems[0].Error()
		}
		if problems == nil && got != tt.want || !strings.HasPrefix(got, tt.want) || strings.Contains(got, "s3cret") {
			t.Errorf("%s: %s, want %s", tt.url, got, tt.want)
		}
	}
}
