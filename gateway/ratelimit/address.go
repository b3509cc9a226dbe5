package ratelimit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks whose word on the client's address is taken.
type Proxies []netip.Prefix

// ParseProxies reads networks that are valid.
func ParseProxies(networks []string) Proxies {
	proxies := make(Proxies, 0, len(networks))
	for _, text := range networks {
		if p, err := netip.ParsePrefix(text); err == nil {
			proxies = append(proxies, p)
		}
	}
	return proxies
}

// maxHops bounds how far an X-Forwarded-For is followed.
const maxHops = 32

// Client is the address that a request comes from: that of the connection, unless it is a trusted proxy's; then the right-most one of
// X-Forwarded-For that is not. What stands further left anybody could have written. Where the header ends, or makes no sense, before
// such an address was found, it is the last trusted one. The zero Addr where the connection has none, as a Unix socket's.
func (p Proxies) Client(r *http.Request) netip.Addr {
	client := parseAddress(r.RemoteAddr)
	lines := r.Header["X-Forwarded-For"]
	hops := 0
	for _, line := range slices.Backward(lines) {
		for rest, more := line, true; more; hops++ {
			if !p.trust(client) || hops == maxHops {
				return client
			}
			var hop string
			rest, hop, more = cutLast(rest)
			next := parseAddress(strings.TrimSpace(hop))
			if !next.IsValid() {
				return client
			}
			client = next
		}
	}
	return client
}

func (p Proxies) trust(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// cutLast splits at the last comma.
func cutLast(list string) (before, last string, found bool) {
	if n := strings.LastIndexByte(list, ','); n >= 0 {
		return list[:n], list[n+1:], true
	}
	return "", list, false
}

// parseAddress reads an address with or without a port; the zero Addr where it is none.
func parseAddress(text string) netip.Addr {
	if strings.Count(text, ":") == 1 || strings.HasPrefix(text, "[") {
		pair, err := netip.ParseAddrPort(text)
		if err == nil {
			return pair.Addr().Unmap().WithZone("")
		}
		text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	}
	address, _ := netip.ParseAddr(text) // the zero Addr, where it is none
	return address.Unmap().WithZone("")
}

// ipv6Network is how much of an IPv6 address one customer of a provider has to themselves (RFC 6177).
const ipv6Network = 64

// counted is the address that limits go by: one customer has billions of IPv6 addresses.
func counted(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	network, err := a.Prefix(ipv6Network)
	if err != nil {
		return a
	}
	return network.Addr()
}
