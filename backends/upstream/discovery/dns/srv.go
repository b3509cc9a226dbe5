package dns

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"tiffin/backends/upstream/discovery"
)

// maxTargets bounds the SRV records of a name: each may cost two queries.
const maxTargets = 256

// services asks for the name's SRV records and for the addresses of their targets. Of several priorities the first (the lowest number)
// with an address counts: RFC 2782 wants the others only when those cannot be reached, which discovery does not know. The weight is the
// record's; 0 becomes 1. A target "." says that there is no such service.
func (l lookup) services(ctx context.Context, name string) ([]discovery.Endpoint, time.Duration, error) {
	r, err := l.records(ctx, name, mdns.TypeSRV)
	if err != nil {
		return nil, 0, err
	}
	if len(r.answer) > maxTargets {
		return nil, 0, fmt.Errorf("the answer has %d SRV records, more than %d", len(r.answer), maxTargets)
	}
	ttl := r.ttl
	var set []discovery.Endpoint
	targets := byPriority(r.answer)
	for n, srv := range targets {
		if n > 0 && srv.Priority != targets[n-1].Priority && len(set) > 0 {
			break
		}
		f, err := l.target(ctx, srv.Target, r.extra)
		if err != nil {
			return nil, 0, err
		}
		set = append(set, f.endpoints(srv.Port, int(srv.Weight))...)
		ttl = min(ttl, f.ttl)
	}
	return set, ttl, nil
}

func byPriority(rrs []mdns.RR) []*mdns.SRV {
	var out []*mdns.SRV
	for _, rr := range rrs {
		if srv, ok := rr.(*mdns.SRV); ok && srv.Target != "." && srv.Port != 0 {
			out = append(out, srv)
		}
	}
	slices.SortStableFunc(out, func(a, b *mdns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), strings.Compare(a.Target, b.Target))
	})
	return out
}

// target resolves one, from what came with the SRV records where that has an address of it.
func (l lookup) target(ctx context.Context, name string, extra []mdns.RR) (found, error) {
	sent := records{ttl: maxTTL}
	for _, kind := range l.kinds() {
		sent.take(extra, name, kind)
	}
	if len(sent.answer) == 0 {
		return l.addresses(ctx, name)
	}
	f := found{ttl: sent.ttl}
	f.add(sent.answer)
	return f, nil
}
