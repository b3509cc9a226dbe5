package dns_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	mdns "github.com/miekg/dns"
	"go.uber.org/goleak"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/dns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for kind, config := range map[string]func(*far) dns.Config{"dns": (*far).config, "dns+srv": (*far).services} {
		t.Run(kind, func(t *testing.T) {
			discoverytest.Run(t, discoverytest.Suite{
				PerSession: 4,
				Open: func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
					f := inMemory(t)
					f.Set(first)
					return f.provider(config(f)), f
				},
			})
		})
	}
}

func TestConformanceOverSockets(t *testing.T) {
	discoverytest.Run(t, discoverytest.Suite{
		Real: true,
		Open: func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
			f := onSockets(t)
			f.ttl = 0
			f.Set(first)
			return f.provider(impatient(f.config())), f
		},
	})
}

// impatient makes a Config for real time.
func impatient(cfg dns.Config) dns.Config {
	cfg.MinTTL, cfg.Backoff.Base, cfg.Backoff.Max = time.Millisecond, time.Millisecond, 10*time.Millisecond
	return cfg
}

// in runs a test in a bubble with a far side and a Config that asks it for addresses.
func in(t *testing.T, test func(t *testing.T, f *far, cfg dns.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := inMemory(t)
		test(t, f, f.config())
	})
}

func TestTimeToLive(t *testing.T) {
	for _, tt := range []struct {
		ttl  uint32
		want time.Duration
	}{
		{0, time.Second}, // the floor
		{1, time.Second},
		{7, 7 * time.Second},
		{299, 299 * time.Second},
		{86400, 5 * time.Minute},  // the ceiling
		{1<<31 + 60, time.Second}, // is 0 by RFC 2181
		{1<<31 - 1, 5 * time.Minute},
	} {
		in(t, func(t *testing.T, f *far, cfg dns.Config) {
			f.put(fmt.Sprintf("%s %d A 10.0.0.1", name, tt.ttl), name+" 86400 A 10.0.0.2", name+" 86400 AAAA 2001:db8::1")
			w := discoverytest.Start(t, f.provider(cfg), false)
			w.Set([]discovery.Endpoint{{Addr: "10.0.0.1:8100"}, {Addr: "10.0.0.2:8100"}, {Addr: "[2001:db8::1]:8100"}})
			began := time.Now()
			f.put(name + " 60 A 10.0.0.3")
			w.Next()
			if waited := time.Since(began); waited != tt.want {
				t.Errorf("ttl %d: asked again after %v, want %v", tt.ttl, waited, tt.want)
			}
		})
	}
}

func TestAliasesShortenTheTimeToLive(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg dns.Config) {
		f.do(func() {
			f.records[name+" A"] = []mdns.RR{record(name + " 5 CNAME a.test."), record("a.test. 60 CNAME b.test."), record("b.test. 60 A 10.0.0.1"), record("other.test. 1 A 10.0.0.9")}
		})
		w := discoverytest.Start(t, f.provider(cfg), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		began := time.Now()
		f.Set(discoverytest.Endpoints("10.0.0.2"))
		w.Set(discoverytest.Endpoints("10.0.0.2"))
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("asked again after %v, want 5s", waited)
		}
	})
}

func TestAliases(t *testing.T) {
	long := []string{name + " 60 CNAME a0.test."}
	for n := range 10 {
		long = append(long, fmt.Sprintf("a%d.test. 60 CNAME a%d.test.", n, n+1))
	}
	for what, tt := range map[string]struct {
		records []string
		want    string // of the failure; empty for 10.0.0.1
	}{
		"left to us":        {[]string{name + " 60 CNAME a.test.", "a.test. 60 CNAME b.test.", "b.test. 60 A 10.0.0.1"}, ""},
		"to nowhere":        {[]string{name + " 60 CNAME a.test."}, "names no instance"},
		"ring":              {[]string{name + " 60 CNAME a.test.", "a.test. 60 CNAME " + name}, "more than 8 aliases"},
		"to itself":         {[]string{name + " 60 CNAME " + name}, "names no instance"},
		"more than allowed": {long, "more than 8 aliases"},
	} {
		t.Run(what, func(t *testing.T) {
			in(t, func(t *testing.T, f *far, cfg dns.Config) {
				f.do(func() {
					for _, text := range tt.records { // an authoritative server answers with the alias alone
						rr := record(text)
						for _, kind := range []string{" A", " AAAA"} {
							if rr.Header().Rrtype == mdns.TypeCNAME || kind == " A" {
								f.records[rr.Header().Name+kind] = []mdns.RR{rr}
							}
						}
					}
				})
				w := discoverytest.Start(t, f.provider(cfg), false)
				if tt.want == "" {
					w.Set(discoverytest.Endpoints("10.0.0.1"))
					return
				}
				if err := w.Failure(); !strings.Contains(err.Error(), tt.want) {
					t.Errorf("failure %v, want %q", err, tt.want)
				}
				if asked := len(f.queries()); asked > 16 {
					t.Errorf("%d queries", asked)
				}
			})
		})
	}
}

func TestFamilies(t *testing.T) {
	for family, want := range map[discovery.Family][]discovery.Endpoint{
		discovery.AnyFamily: {{Addr: "10.0.0.1:8100"}, {Addr: "[2001:db8::1]:8100"}},
		discovery.IPv4:      {{Addr: "10.0.0.1:8100"}},
		discovery.IPv6:      {{Addr: "[2001:db8::1]:8100"}},
	} {
		in(t, func(t *testing.T, f *far, cfg dns.Config) {
			cfg.Family = family
			f.put(name+" 60 A 10.0.0.1", name+" 60 AAAA 2001:db8::1")
			discoverytest.Start(t, f.provider(cfg), false).Set(want)
		})
	}
}

// Half an answer would look as if the other half had vanished.
func TestOneFamilyFailing(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg dns.Config) {
		f.put(name + " 60 A 10.0.0.1")
		f.change = func(query, reply *mdns.Msg, _ bool) *mdns.Msg {
			if query.Question[0].Qtype == mdns.TypeAAAA {
				reply.Rcode = mdns.RcodeServerFailure
			}
			return reply
		}
		w := discoverytest.Start(t, f.provider(cfg), false)
		if err := w.Failure(); !strings.Contains(err.Error(), "AAAA records: answered SERVFAIL") {
			t.Errorf("failure %v", err)
		}
	})
}

func TestResolvConf(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg dns.Config) {
		f.put(name + " 1 A 10.0.0.1")
		cfg.Resolvers, cfg.ResolvConf = nil, filepath.Join(t.TempDir(), "resolv.conf")
		write := func(text string) {
			if err := os.WriteFile(cfg.ResolvConf, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w := discoverytest.Start(t, f.provider(cfg), false)
		if err := w.Failure(); !strings.Contains(err.Error(), "reading the resolvers") {
			t.Errorf("without the file: %v", err)
		}
		write("search test\n")
		for err := w.Failure(); !strings.Contains(err.Error(), "names no resolver"); err = w.Failure() {
			if !strings.Contains(err.Error(), "reading the resolvers") {
				t.Fatalf("without a resolver: %v", err)
			}
		}
		write("search shop.test example.com\noptions ndots:5\nnameserver 192.0.2.53\n")
		w.Recovery(discoverytest.Endpoints("10.0.0.1"))
		for _, q := range f.queries() {
			if !strings.Contains(q, " "+name+" ") {
				t.Errorf("asked %s: a search domain", q)
			}
		}
	})
}

func TestParse(t *testing.T) {
	tests := []struct{ url, want string }{ // want is the problem, else the Config in short
		{"dns://orders.internal:8100", "orders.internal 8100 false any [] 1s 5m0s orders.internal"},
		{"dns+srv://_orders._tcp.shop.internal", "_orders._tcp.shop.internal 0 true any [] 1s 5m0s shop.internal"},
		{"dns://a.:1?family=ipv6&resolver=10.0.0.53&resolver=[::1]:5353&min_ttl=5s&max_ttl=5s&scheme=https", "a. 1 false ipv6 [10.0.0.53:53 [::1]:5353] 5s 5s a"},
		{"dns://a:1?min_ttl=10m", "a 1 false any [] 10m0s 10m0s a"},

		{"dns://a", "url: has a host that is not a host name or address with a port; write it like"},
		{"dns://", "url: has a host that is empty"},
		{"dns://10.0.0.1:80", "url: has a host that is an address, not a name; write it like"},
		{"dns://a:1/b", "url: has a path; the path of the service goes into the query"},
		{"dns://a:1?family=ip4", "url: has a parameter family that is none of the words allowed; write one of any, ipv4, ipv6"},
		{"dns://a:1?max_ttl=10ms", "url: has a parameter max_ttl that is no duration in its range"},
		{"dns://a:1?min_ttl=0", "url: has a parameter min_ttl that is no duration in its range"},
		{"dns://a:1?resolver=ns.internal", "url: has a resolver (1 of 1) that is a name; write an IP address"},
		{"dns://a:1?resolver=", "url: has a parameter resolver that is empty"},
		{"dns+srv://_orders._tcp.shop.internal:80", "url: has a host that is not the name of SRV records, which has no port"},
		{"dns+srv://10.0.0.1", "url: has a host that is not the name of SRV records"},
	}
	for _, tt := range tests {
		target, problems := discovery.ParseTarget(tt.url)
		if problems != nil {
			t.Fatal(problems)
		}
		c, problems := dns.Parse(target.Provider)
		got := fmt.Sprint(c.Name, " ", c.Port, " ", c.SRV, " ", c.Family, " ", c.Resolvers, " ", c.MinTTL, " ", c.MaxTTL, " ", c.ServerName())
		if problems != nil {
			got = problems[0].Error()
		}
		if problems == nil && got != tt.want || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.url, got, tt.want)
		}
	}
}

func TestServices(t *testing.T) {
	for what, tt := range map[string]struct {
		records []string
		extra   []string
		want    []discovery.Endpoint
		failure string
		asked   []string // in order, without the protocol; nil for any
	}{
		"weights and ports, addresses sent along": {
			records: []string{service + " 60 SRV 0 10 8100 a.test.", service + " 60 SRV 0 0 8101 b.test."},
			extra:   []string{"a.test. 60 A 10.0.0.1", "b.test. 60 A 10.0.0.2", "b.test. 60 AAAA 2001:db8::2", "evil.test. 60 A 10.0.0.9"},
			want:    []discovery.Endpoint{{Addr: "10.0.0.1:8100", Weight: 10}, {Addr: "10.0.0.2:8101"}, {Addr: "[2001:db8::2]:8101"}},
			asked:   []string{service + " SRV"},
		},
		"addresses asked for": {
			records: []string{service + " 60 SRV 0 1 8100 a.test.", "a.test. 60 A 10.0.0.1", "a.test. 60 A 10.0.0.2"},
			want:    []discovery.Endpoint{{Addr: "10.0.0.1:8100", Weight: 1}, {Addr: "10.0.0.2:8100", Weight: 1}},
			asked:   []string{service + " SRV", "a.test. A", "a.test. AAAA"},
		},
		"one target on two ports": {
			records: []string{service + " 60 SRV 0 1 8100 a.test.", service + " 60 SRV 0 2 8101 a.test."},
			extra:   []string{"a.test. 60 A 10.0.0.1"},
			want:    []discovery.Endpoint{{Addr: "10.0.0.1:8100", Weight: 1}, {Addr: "10.0.0.1:8101", Weight: 2}},
		},
		"the first priority only": {
			records: []string{service + " 60 SRV 20 1 8100 b.test.", service + " 60 SRV 10 1 8100 a.test."},
			extra:   []string{"a.test. 60 A 10.0.0.1", "b.test. 60 A 10.0.0.2"},
			want:    []discovery.Endpoint{{Addr: "10.0.0.1:8100", Weight: 1}},
		},
		"the second where the first has no address": {
			records: []string{service + " 60 SRV 20 1 8100 b.test.", service + " 60 SRV 10 1 8100 gone.test."},
			extra:   []string{"b.test. 60 A 10.0.0.2"},
			want:    []discovery.Endpoint{{Addr: "10.0.0.2:8100", Weight: 1}},
		},
		"decidedly not available": {
			records: []string{service + " 60 SRV 0 0 0 ."},
			failure: "names no instance",
			asked:   []string{service + " SRV"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			in(t, func(t *testing.T, f *far, _ dns.Config) {
				f.put(tt.records...)
				for _, text := range tt.extra {
					f.extra = append(f.extra, record(text))
				}
				w := discoverytest.Start(t, f.provider(f.services()), false)
				if tt.failure == "" {
					w.Set(tt.want)
				} else if err := w.Failure(); !strings.Contains(err.Error(), tt.failure) {
					t.Errorf("failure %v, want %q", err, tt.failure)
				}
				asked := f.queries()
				for n := range asked {
					asked[n] = strings.TrimPrefix(asked[n], "udp ")
				}
				if tt.asked != nil && !slices.Equal(asked, tt.asked) {
					t.Errorf("asked %q, want %q", asked, tt.asked)
				}
			})
		})
	}
}

func TestTooManyServices(t *testing.T) {
	in(t, func(t *testing.T, f *far, _ dns.Config) {
		for n := range 257 {
			f.put(fmt.Sprintf("%s 60 SRV 0 0 %d a.test.", service, n+1))
		}
		w := discoverytest.Start(t, f.provider(f.services()), false)
		if err := w.Failure(); !strings.Contains(err.Error(), "257 SRV records, more than 256") {
			t.Errorf("failure %v", err)
		}
	})
}

// The addresses of a target may fall out of the answer before the SRV records do.
func TestServicesHoldAsLongAsTheirShortestRecord(t *testing.T) {
	in(t, func(t *testing.T, f *far, _ dns.Config) {
		f.put(service + " 60 SRV 0 0 8100 a.test.")
		f.extra = []mdns.RR{record("a.test. 5 A 10.0.0.1")}
		w := discoverytest.Start(t, f.provider(f.services()), false)
		w.Set(discoverytest.Endpoints("10.0.0.1"))
		began := time.Now()
		f.Set(discoverytest.Endpoints("10.0.0.2"))
		w.Set(discoverytest.Endpoints("10.0.0.2"))
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("asked again after %v, want 5s", waited)
		}
	})
}
