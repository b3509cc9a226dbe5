package ratelimit

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestClientAddress(t *testing.T) {
	proxies := ParseProxies([]string{"10.0.0.0/8", "2001:db8:1::/48"})
	cases := []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"no proxy", "192.0.2.7:5000", nil, "192.0.2.7"},
		{"a stranger's word", "192.0.2.7:5000", []string{"198.51.100.1"}, "192.0.2.7"},
		{"a proxy's word", "10.0.0.1:5000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"what the client wrote before", "10.0.0.1:5000", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"a trusted address that the client wrote", "10.0.0.1:5000", []string{"10.9.9.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:5000", []string{"203.0.113.9, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"two lines", "10.0.0.1:5000", []string{"203.0.113.9", "198.51.100.1 , 10.0.0.2"}, "198.51.100.1"},
		{"proxies only", "10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"nothing", "10.0.0.1:5000", nil, "10.0.0.1"},
		{"empty", "10.0.0.1:5000", []string{""}, "10.0.0.1"},
		{"garbage", "10.0.0.1:5000", []string{"198.51.100.1, nonsense"}, "10.0.0.1"},
		{"garbage behind a proxy", "10.0.0.1:5000", []string{"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"with a port", "10.0.0.1:5000", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"IPv6", "[2001:db8:1::1]:5000", []string{"2001:db8:2::1"}, "2001:db8:2::1"},
		{"IPv6 with a port", "[2001:db8:1::1]:5000", []string{"[2001:db8:2::1]:4711"}, "2001:db8:2::1"},
		{"IPv6 in brackets", "[2001:db8:1::1]:5000", []string{"[2001:db8:2::1]"}, "2001:db8:2::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:5000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"zone", "[fe80::1%eth0]:5000", nil, "fe80::1"},
		{"Unix socket", "@", []string{"198.51.100.1"}, "invalid IP"},
		{"too many hops", "10.0.0.1:5000", []string{"198.51.100.1" + strings.Repeat(",10.0.0.2", 40)}, "10.0.0.2"},
	}
	for _, c := range cases {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := proxies.Client(r); got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := (Proxies{}).Client(r); got != parseAddress(c.remote) {
			t.Errorf("%s: %s, though nobody is trusted", c.name, got)
		}
	}
}

func TestOneIPv6NetworkIsOneClient(t *testing.T) {
	for text, want := range map[string]string{
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "2001:db8:1:2::": "2001:db8:1:2::", "2001:db8:1:3::": "2001:db8:1:3::", "192.0.2.7": "192.0.2.7",
	} {
		if got := counted(netip.MustParseAddr(text)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", text, got, want)
		}
	}
	if got := counted(netip.Addr{}); got.IsValid() {
		t.Errorf("%s", got)
	}
}

func FuzzClientAddress(f *testing.F) {
	f.Add("10.0.0.1:1", "198.51.100.1, 10.0.0.2")
	f.Add("[::1]:1", "[2001:db8::1]:1,,")
	proxies := ParseProxies([]string{"10.0.0.0/8"})
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		got := proxies.Client(&http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}})
		if first := parseAddress(remote); got != first && !proxies.trust(first) {
			t.Errorf("%q was believed by %q: %s", forwarded, remote, got)
		}
	})
}
