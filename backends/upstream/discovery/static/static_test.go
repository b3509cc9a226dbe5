package static_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/static"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	discoverytest.Run(t, discoverytest.Suite{
		Fixed: true,
		Open: func(_ *testing.T, first []discovery.Endpoint) (discovery.Provider, discoverytest.Far) {
			return static.New(static.Config{Endpoints: first}), nil
		},
	})
}

func TestParse(t *testing.T) {
	many := "http://" + strings.Repeat("h,", 64) + "h"
	tests := []struct{ url, want string }{ // want "url: …" is a problem, else the addresses
		{"http://127.0.0.1:8100", "127.0.0.1:8100"},
		{"https://orders.internal", "orders.internal:443"},
		{"http://Orders.internal/v1", "orders.internal:80"},
		{"http://a:1,b:2,[::1]:8100", "a:1 b:2 [::1]:8100"},
		{"http://[2001:DB8::0:1]", "[2001:db8::1]:80"},

		{"http://", "url: host 1 of 1 is empty"},
		{"http://a,,b", "url: host 2 of 3 is empty"},
		{"http://a,b,a", "url: host 3 of 3 is there twice"},
		{"http://a,b,A:80", "url: host 3 of 3 is there twice"},
		{"http://me:secret@a", "url: host 1 of 1 has a user name or password"},
		{"http://a:99999", "url: host 1 of 1 has a port that is not"},
		{"http://a:0", "url: host 1 of 1 has a port that is not"},
		{"http://a:", "url: host 1 of 1 has a port that is not"},
		{"http://a:port", "url: host 1 of 1 has a port that is not"},
		{"http://:8100", "url: host 1 of 1 is not a host name"},
		{"http://::1", "url: host 1 of 1 is not a host name"},
		{"http://[::1", "url: host 1 of 1 is not a host name"},
		{"http://[fe80::1%25eth0]:80", "url: host 1 of 1 is not a host name"},
		{"http://a, b", "url: host 2 of 2 is not a host name"},
		{many, "url: names 65 instances"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			target, problems := discovery.ParseTarget(tt.url)
			if problems != nil {
				t.Fatal(problems)
			}
			cfg, problems := static.Parse(target.Provider)
			var got []string
			for _, e := range cfg.Endpoints {
				got = append(got, e.Addr)
			}
			for _, p := range problems {
				got = append(got, p.Error())
			}
			if text := strings.Join(got, " "); !strings.HasPrefix(text, tt.want) || len(problems) == 0 && text != tt.want {
				t.Errorf("got %s, want %s", text, tt.want)
			}
			if strings.Contains(strings.Join(got, " "), "secret") {
				t.Error("a password in the report")
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	cfg, problems := static.Parse(discovery.URL{Scheme: "http", Host: ",a:0,b"})
	if len(problems) != 2 || !cmp.Equal(cfg, static.Config{}) {
		t.Errorf("%v, %v, want two problems and no Config", cfg, problems)
	}
}
