package upstream_test

import (
	"strings"
	"testing"
	"time"

	"tiffin/backends/upstream"
	"tiffin/backends/upstream/certs"
)

func TestURLs(t *testing.T) {
	for url, want := range map[string]string{ // "" where there is no problem
		"http://127.0.0.1:8100":                                   "",
		"https://orders.internal":                                 "",
		"http://a:1,b:2,[::1]:8100/v1":                            "",
		"file:///etc/tiffin/orders.json":                          "",
		"dns://orders.internal:8100":                              "",
		"dns+srv://_orders._tcp.shop.internal?scheme=https":       "",
		"consul://127.0.0.1:8500/orders?tag=v1":                   "",
		"kubernetes://shop/orders:http?api=http://127.0.0.1:8001": "",
		"":                 "url: ",
		"127.0.0.1:8100":   "url: ",
		"ftp://a":          "url: ",
		"http://me:pw@a":   "url: ",
		"http://a?x=1":     "url: ",
		"dns://a:1?colour": "url: ",
		"zookeeper://a/b":  "url: ",
	} {
		cfg := upstream.Defaults()
		cfg.URL = url
		checkProblems(t, cfg, want)
	}
}

func TestPartsAreValidated(t *testing.T) {
	for want, spoil := range map[string]func(*upstream.Config){
		"calls.reads[0]: ":                   func(c *upstream.Config) { c.Calls.Reads = []string{"quotes"} },
		"balance.policy: ":                   func(c *upstream.Config) { c.Balance.Policy = "random" },
		"health.active.healthy_after: ":      func(c *upstream.Config) { c.Health.Active.HealthyAfter = -1 },
		"resilience.max_body: ":              func(c *upstream.Config) { c.Resilience.MaxBody = 0 },
		"idle_timeout: ":                     func(c *upstream.Config) { c.IdleTimeout = 0 },
		"mesh: ":                             func(c *upstream.Config) { c.Mesh, c.URL = true, "http://a,b" },
		"health.active.path: ":               func(c *upstream.Config) { c.Mesh, c.Health.Active.Path = true, "/healthz" },
		"resilience.hedge: ":                 func(c *upstream.Config) { c.Mesh, c.Resilience.Hedge.Delay = true, time.Second },
		"tls.key_file: ":                     func(c *upstream.Config) { c.URL, c.TLS.CertFile = "https://a", "cert.pem" },
		"resilience.reads.attempt_timeout: ": func(c *upstream.Config) { c.Resilience.Reads.AttemptTimeout = 0 },
	} {
		cfg := upstream.Defaults()
		cfg.URL = "http://a"
		spoil(&cfg)
		checkProblems(t, cfg, want)
	}
}

// To encrypt is the url's to say: what is written for it beside one that says otherwise would keep nobody out.
func TestTLSNeedsHTTPS(t *testing.T) {
	for url, refused := range map[string]bool{
		"http://a": true, "https://a": false, "dns://a:1": true, "dns://a:1?scheme=https": false,
		"consul://127.0.0.1:8500/orders?scheme=https": false, "file:///orders.json?scheme=http": true,
	} {
		for _, files := range []certs.Config{{ServerName: "a.test"}, {CAFile: "ca.pem"}, {CertFile: "c.pem", KeyFile: "k.pem"}} {
			cfg := upstream.Defaults()
			cfg.URL, cfg.TLS = url, files
			problems := cfg.Validate()
			if refused != (len(problems) == 1) || refused && (problems[0].Path != "tls" || !strings.Contains(problems[0].Reason, "says http")) {
				t.Errorf("%s, %+v: %v", url, files, problems)
			}
		}
	}
}

// checkProblems wants exactly one problem that begins with want, or none, and New of the same opinion.
func checkProblems(t *testing.T, cfg upstream.Config, want string) {
	t.Helper()
	problems := cfg.Validate()
	_, err := upstream.New(cfg, upstream.Deps{})
	if want == "" {
		if len(problems) > 0 || err != nil {
			t.Errorf("%v, %v", problems, err)
		}
		return
	}
	if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) || err == nil || err.Error() != problems[0].Error() {
		t.Errorf("%v, New: %v, want %q", problems, err, want)
	}
	if strings.Contains(cfg.URL, "secret") && strings.Contains(err.Error(), "secret") {
		t.Error("a password in the report")
	}
}
