package discovery_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/consul"
	"tiffin/backends/upstream/discovery/dns"
	"tiffin/backends/upstream/discovery/file"
	"tiffin/backends/upstream/discovery/kubernetes"
	"tiffin/backends/upstream/discovery/static"
	"tiffin/fault"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]discovery.Target{
		"http://a:1,b:2,[::1]:3":   {Provider: discovery.URL{Scheme: "http", Host: "a:1,b:2,[::1]:3"}, Scheme: "http"},
		"https://a/v1/":            {Provider: discovery.URL{Scheme: "https", Host: "a"}, Scheme: "https", BasePath: "/v1"},
		"http://a/":                {Provider: discovery.URL{Scheme: "http", Host: "a"}, Scheme: "http"},
		"file:///etc/a%20b.json":   {Provider: discovery.URL{Scheme: "file", Path: "/etc/a b.json", Params: url.Values{}}, Scheme: "http"},
		"dns+srv://_a._tcp.b.test": {Provider: discovery.URL{Scheme: "dns+srv", Host: "_a._tcp.b.test", Params: url.Values{}}, Scheme: "http"},
		"consul://c:8500/orders?tag=a&tag=b&scheme=https&path=/v1/&server_name=orders.test": {
			Provider: discovery.URL{Scheme: "consul", Host: "c:8500", Path: "/orders", Params: url.Values{"tag": {"a", "b"}}},
			Scheme:   "https", BasePath: "/v1", ServerName: "orders.test",
		},
		"kubernetes://shop/orders:http?api=https://10.0.0.1": {
			Provider: discovery.URL{Scheme: "kubernetes", Host: "shop", Path: "/orders:http", Params: url.Values{"api": {"https://10.0.0.1"}}}, Scheme: "http",
		},
	} {
		got, problems := discovery.ParseTarget(text)
		if diff := cmp.Diff(want, got); diff != "" || problems != nil {
			t.Errorf("%s: %v\n%s", text, problems, diff)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "url: is missing; write it like",
		"127.0.0.1:8100":                       "url: does not begin with http://",
		"://a":                                 "url: does not begin with http://",
		"HTTP://a":                             "url: does not begin with http://",
		"1dns://a":                             "url: does not begin with http://",
		"http://a,http://b":                    "url: has a second scheme; write the scheme once",
		"dns://a,dns://b":                      "url: has a second scheme",
		"http://a/v1?x=1":                      "url: has a query or a fragment",
		"http://a?b=c://d":                     "url: has a query or a fragment",
		"http://a/v1#x":                        "url: has a query or a fragment",
		"http://a/v 1":                         "url: has a path with characters that need escaping",
		"http://a/v%201":                       "url: has a path with characters",
		"dns://a:1?path=v1":                    "url: has a path with characters that need escaping, or without a slash",
		"dns://a:1?path=":                      "url: has a parameter path that is empty",
		"dns://a:1?path=/a%3Fb":                "url: has a path with characters",
		"dns://a:1?scheme=ftp":                 "url: has a parameter scheme that is none of the words allowed; write one of http, https",
		"dns://a:1?scheme=http&scheme=b":       "url: has a parameter scheme that is there more than once",
		"dns://a:1?server_name=a:b":            "url: has a server_name that is not a host name",
		"dns://a:1?a;b":                        "url: has a query that is not of the form",
		"dns://a:1#b":                          "url: has a fragment",
		"dns://me:s3cret@a:1":                  "url: has a user name or password in it",
		"dns://a:s3cret":                       "url: is not a URL",
		"dns://a\x7f:1":                        "url: is not a URL",
		"file://" + strings.Repeat("/a", 5000): "url: is longer than 8192 bytes",
	} {
		_, problems := discovery.ParseTarget(text)
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) || strings.Contains(problems[0].Error(), "s3cret") {
			t.Errorf("%.80s: %v, want %q", text, problems, want)
		}
	}
	if _, problems := discovery.ParseTarget("dns://a:1?scheme=x&path=y&server_name=-"); len(problems) != 3 {
		t.Errorf("%v, want three problems at once", problems)
	}
}

func TestParams(t *testing.T) {
	read := func(query string) (*discovery.Params, string, []string, time.Duration, bool) {
		values, _ := url.ParseQuery(query)
		p := discovery.ReadParams(values)
		return p, p.String("name", "none"), p.List("tag", 2), p.Duration("wait", time.Minute, time.Second, time.Hour), p.Bool("tls")
	}
	p, name, tags, wait, tls := read("")
	if name != "none" || tags != nil || wait != time.Minute || tls || p.Problems() != nil {
		t.Errorf("nothing given: %s %v %v %t %v", name, tags, wait, tls, p.Problems())
	}
	p, name, tags, wait, tls = read("name=n&tag=a&tag=b&wait=1h&tls=true")
	if name != "n" || len(tags) != 2 || wait != time.Hour || !tls || p.Problems() != nil {
		t.Errorf("all given: %s %v %v %t %v", name, tags, wait, tls, p.Problems())
	}
	for query, want := range map[string]string{
		"name=":                  "parameter name that is empty",
		"name=a&name=b":          "parameter name that is there more than once",
		"tag=a&tag=b&tag=c":      "parameter tag that is there more than 2 times",
		"tag=":                   "parameter tag that is empty",
		"wait=x":                 "parameter wait that is no duration in its range; write one from 1s to 1h0m0s such as 1m0s",
		"wait=999ms":             "parameter wait that is no duration in its range",
		"wait=61m":               "parameter wait that is no duration in its range",
		"tls=1":                  "parameter tls that is none of the words allowed; write one of false, true",
		"nam=a":                  "unknown parameter nam; the parameters of this provider are name, tag, wait, tls, scheme, path, server_name",
		"P%40ss-half-a-password": "unknown parameter; the parameters",
	} {
		p, _, _, _, _ := read(query)
		if problems := p.Problems(); len(problems) != 1 || !strings.Contains(problems[0].Error(), want) {
			t.Errorf("%s: %v, want %q", query, problems, want)
		}
	}
}

func TestHosts(t *testing.T) {
	for addr, want := range map[string]string{
		"a:1": "a:1", "A-b_c.D.:65535": "a-b_c.d.:65535", "[::1]:1": "[::1]:1", "[2001:DB8:0:0::1]:1": "[2001:db8::1]:1", "10.0.0.1:80": "10.0.0.1:80",
		"a": "is not a host name or address with a port", "": "is empty", "a:": "has a port", "a:01": "has a port", "a:+1": "has a port", "a:65536": "has a port",
		"[a]:1": "is not a host", "::1:1": "is not a host", "[10.0.0.1]:1": "is not a host", "[::1%eth0]:1": "is not a host", "-a:1": "is not a host", "a-:1": "is not a host",
		"a..b:1": "is not a host", "é:1": "is not a host", "a b:1": "is not a host", "u@a:1": "has a user name", ".:1": "is not a host", strings.Repeat("a", 64) + ":1": "is not a host",
	} {
		host, port, reason := discovery.SplitAddr(addr, 0)
		got := reason
		if reason == "" {
			got = discovery.JoinAddr(host, port)
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", addr, got, want)
		}
	}
	if got := discovery.JoinAddr("::ffff:10.0.0.1", 80); got != "10.0.0.1:80" {
		t.Errorf("an IPv4 address in IPv6's form: %s", got)
	}
}

func TestReadSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for text, want := range map[string]string{" t0ken \n": "", "": "is empty", " \n": "is empty", strings.Repeat("x", 1<<20+1): "is larger than 1 MiB"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := discovery.ReadSecret(path)
		if want == "" && (err != nil || got != "t0ken") || want != "" && (err == nil || err.Error() != path+" "+want) {
			t.Errorf("%.20q: %.20q, %v, want %q", text, got, err, want)
		}
	}
	if _, err := discovery.ReadSecret(path + "2"); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}

// parse is what the client chain does with a URL: the one table of providers.
func parse(text string) (discovery.Provider, []fault.Invalid) {
	target, problems := discovery.ParseTarget(text)
	if problems != nil {
		return nil, problems
	}
	u := target.Provider
	switch u.Scheme {
	case "http", "https":
		cfg, problems := static.Parse(u)
		return static.New(cfg), problems
	case "file":
		cfg, problems := file.Parse(u)
		return file.New(cfg, file.Deps{}), problems
	case "dns", "dns+srv":
		cfg, problems := dns.Parse(u)
		return dns.New(cfg, dns.Deps{}), problems
	case "consul":
		cfg, problems := consul.Parse(u)
		return consul.New(cfg, consul.Deps{}), problems
	case "kubernetes":
		cfg, problems := kubernetes.Parse(u)
		return kubernetes.New(cfg, kubernetes.Deps{}), problems
	}
	return nil, []fault.Invalid{discovery.Invalid("names no provider", "write http, https, file, dns, dns+srv, consul or kubernetes")}
}

// No text makes the parsers panic, and every problem says where, what and what to do.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"http://127.0.0.1:8100,[::1]:8101/v1", "https://a", "file:///etc/tiffin/orders.json?poll=10s", "dns://a.test:80?family=ipv4&resolver=10.0.0.1&min_ttl=1s&max_ttl=2s",
		"dns+srv://_a._tcp.b.test?scheme=https&path=/v1&server_name=b.test", "consul://c:8500/orders?tag=a&dc=eu&token_file=/t&tls=true&ca_file=/c&wait=1m",
		"kubernetes://shop/orders:http?api=https://10.0.0.1:6443", "x://", "http://a?b://c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		provider, problems := parse(text)
		if problems == nil && provider == nil {
			t.Fatal("neither a provider nor a problem")
		}
		for _, p := range problems {
			if p.Path != "url" || p.Reason == "" || p.Remedy == "" {
				t.Fatalf("%q: %+v", text, p)
			}
		}
	})
}
