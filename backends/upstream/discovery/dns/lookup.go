package dns

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"tiffin/backends/upstream/discovery"
)

// maxAliases bounds a chain of CNAMEs.
const maxAliases = 8

// lookup turns names into what their records say.
type lookup struct {
	ask    func(ctx context.Context, name string, kind uint16) (*mdns.Msg, error)
	family discovery.Family
}

// records are those of one type at the end of the aliases; there may be none.
type records struct {
	answer []mdns.RR
	// extra is what the server sent besides.
	extra []mdns.RR
	// ttl is the shortest on the way, of aliases too; none is maxTTL.
	ttl time.Duration
}

// maxTTL is that of RFC 2181, section 8.
const maxTTL = (1<<31 - 1) * time.Second

// records asks for one type. Servers that resolve recursively follow the aliases themselves; where one has stopped we ask for the rest.
func (l lookup) records(ctx context.Context, name string, kind uint16) (records, error) {
	name = mdns.Fqdn(name)
	out := records{ttl: maxTTL}
	for range maxAliases {
		reply, err := l.ask(ctx, name, kind)
		if err != nil {
			return records{}, err
		}
		end := out.follow(reply.Answer, name)
		out.take(reply.Answer, end, kind)
		out.extra = reply.Extra
		if len(out.answer) > 0 || strings.EqualFold(end, name) || reply.Rcode == mdns.RcodeNameError {
			return out, nil
		}
		name = end
	}
	return records{}, fmt.Errorf("more than %d aliases follow one another", maxAliases)
}

// follow returns the end of name's aliases in one answer, which may be a ring.
func (r *records) follow(answer []mdns.RR, name string) string {
	for range maxAliases {
		next := alias(answer, name)
		if next == nil {
			break
		}
		r.shorten(next)
		name = next.Target
	}
	return name
}

func alias(answer []mdns.RR, name string) *mdns.CNAME {
	for _, rr := range answer {
		if c, ok := rr.(*mdns.CNAME); ok && strings.EqualFold(c.Hdr.Name, name) {
			return c
		}
	}
	return nil
}

func (r *records) take(answer []mdns.RR, owner string, kind uint16) {
	for _, rr := range answer {
		if h := rr.Header(); h.Rrtype == kind && h.Class == mdns.ClassINET && strings.EqualFold(h.Name, owner) {
			r.answer = append(r.answer, rr)
			r.shorten(rr)
		}
	}
}

// shorten counts a record's time to live; one with the highest bit set is 0 (RFC 2181, section 8).
func (r *records) shorten(rr mdns.RR) {
	ttl := time.Duration(rr.Header().Ttl) * time.Second
	if ttl > maxTTL {
		ttl = 0
	}
	r.ttl = min(r.ttl, ttl)
}

// found are addresses and how long they hold.
type found struct {
	ips []netip.Addr
	ttl time.Duration
}

// addresses asks for the name's A and AAAA records, as the family says. There may be none. One that cannot be answered is an error for
// both, since half of the instances would look as if they had vanished.
func (l lookup) addresses(ctx context.Context, name string) (found, error) {
	out := found{ttl: maxTTL}
	for _, kind := range l.kinds() {
		r, err := l.records(ctx, name, kind)
		if err != nil {
			return found{}, err
		}
		out.add(r.answer)
		out.ttl = min(out.ttl, r.ttl)
	}
	return out, nil
}

func (l lookup) kinds() (kinds []uint16) {
	if l.family.Has(discovery.IPv4) {
		kinds = append(kinds, mdns.TypeA)
	}
	if l.family.Has(discovery.IPv6) {
		kinds = append(kinds, mdns.TypeAAAA)
	}
	return kinds
}

// add takes the addresses of A and AAAA records.
func (f *found) add(rrs []mdns.RR) {
	for _, rr := range rrs {
		switch rr := rr.(type) {
		case *mdns.A:
			f.addIP(rr.A)
		case *mdns.AAAA:
			f.addIP(rr.AAAA)
		}
	}
}

// addIP leaves out what is no address; the library has checked the length of those off the wire.
func (f *found) addIP(bytes []byte) {
	if ip, ok := netip.AddrFromSlice(bytes); ok {
		f.ips = append(f.ips, ip.Unmap())
	}
}

func (f *found) endpoints(port uint16, weight int) []discovery.Endpoint {
	set := make([]discovery.Endpoint, 0, len(f.ips))
	for _, ip := range f.ips {
		set = append(set, discovery.Endpoint{Addr: netip.AddrPortFrom(ip, port).String(), Weight: weight})
	}
	return set
}
