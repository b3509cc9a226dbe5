package discovery

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"tiffin/fault"
)

// IsHostName accepts names of labels of letters, digits, hyphens and underscores (which services' names have), 253 characters at most,
// with or without a dot at the end. An IPv4 address is such a name too.
func IsHostName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notInName) {
			return false
		}
	}
	return true
}

func notInName(c rune) bool {
	letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	return !letter && (c < '0' || c > '9') && c != '-' && c != '_'
}

// SplitAddr splits "host:port", the host a name, an IPv4 address or an IPv6 address in brackets. The reason is what is wrong with it, as
// the end of a sentence; empty if nothing is. Without a port it takes fallback; a fallback of 0 demands one.
func SplitAddr(addr string, fallback uint16) (host string, port uint16, reason string) {
	if addr == "" {
		return "", 0, "is empty"
	}
	if strings.Contains(addr, "@") {
		return "", 0, "has a user name or password in it, and credentials do not belong into a URL"
	}
	host, portText, err := net.SplitHostPort(addr)
	if err != nil && fallback != 0 {
		host, portText, err = net.SplitHostPort(addr + ":" + strconv.Itoa(int(fallback)))
	}
	if err != nil || !isHost(host, addr[0] == '[') {
		return "", 0, "is not a host name or address with a port"
	}
	number, ok := ParsePort(portText)
	if !ok {
		return "", 0, "has a port that is not 1 to 65535"
	}
	return host, number, ""
}

func isHost(host string, bracketed bool) bool {
	ip, err := netip.ParseAddr(host)
	if bracketed || err == nil {
		return err == nil && ip.Is6() == bracketed && ip.Zone() == ""
	}
	return IsHostName(host)
}

// ParsePort reads 1 to 65535, without a sign or zeros in front.
func ParsePort(text string) (uint16, bool) {
	port, err := strconv.ParseUint(text, 10, 16)
	return uint16(port), err == nil && port > 0 && text[0] != '0' && text[0] != '+'
}

// JoinAddr is an Endpoint's Addr: host names in lower case, IPv6 in brackets and in its short form.
func JoinAddr(host string, port uint16) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return net.JoinHostPort(strings.ToLower(host), strconv.Itoa(int(port)))
}

// Family selects addresses. An instance with addresses of both families is two endpoints for discovery: where there are such, choose one.
type Family string

// The families, as the parameter "family" names them.
const (
	AnyFamily Family = "any"
	IPv4      Family = "ipv4"
	IPv6      Family = "ipv6"
)

// ReadFamily reads the parameter "family" [any].
func ReadFamily(p *Params) Family {
	return Family(p.Choice("family", string(AnyFamily), string(IPv4), string(IPv6)))
}

// Has says whether addresses of the family other are wanted.
func (f Family) Has(other Family) bool { return f == AnyFamily || f == "" || f == other }

// NoPath is the problem of a URL with a path that its provider has no use for; none where it has no path.
func NoPath(u URL) []fault.Invalid {
	if strings.Trim(u.Path, "/") == "" {
		return nil
	}
	return problem("has a path", "the path of the service goes into the query: ?path=/v1")
}
