package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	mdns "github.com/miekg/dns"
)

const (
	// passes over the list of resolvers before a query fails: a datagram may be lost.
	passes = 2
	// udpSize is the largest answer we take by UDP: it fits into any path without fragments (the DNS flag day of 2020).
	udpSize = 1232
)

// resolver asks one or more servers that resolve recursively.
type resolver struct {
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	servers []string
	timeout time.Duration
}

// ask returns the first answer that settles the question: there are such records, there are none, or there is no such name. Otherwise the
// error says what each server did.
func (r resolver) ask(ctx context.Context, name string, kind uint16) (*mdns.Msg, error) {
	query := new(mdns.Msg).SetQuestion(mdns.Fqdn(name), kind)
	query.SetEdns0(udpSize, false)
	var errs []error
	for range passes {
		errs = nil
		for _, server := range r.servers {
			reply, err := r.askOne(ctx, server, query)
			if err == nil {
				return reply, nil
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			errs = append(errs, fmt.Errorf("resolver %s, %s records: %w", server, mdns.TypeToString[kind], err))
		}
	}
	return nil, errors.Join(errs...)
}

// askOne asks one server, once more without EDNS0 if it does not know that (RFC 6891, section 7).
func (r resolver) askOne(ctx context.Context, server string, query *mdns.Msg) (*mdns.Msg, error) {
	reply, err := r.exchange(ctx, server, query)
	if err == nil && (reply.Rcode == mdns.RcodeFormatError || reply.Rcode == mdns.RcodeNotImplemented) {
		plain := query.Copy()
		plain.Extra = nil
		reply, err = r.exchange(ctx, server, plain)
	}
	switch {
	case err != nil:
		return nil, err
	case reply.Rcode != mdns.RcodeSuccess && reply.Rcode != mdns.RcodeNameError:
		return nil, fmt.Errorf("answered %s", rcode(reply.Rcode))
	}
	return reply, nil
}

// exchange asks by UDP, and by TCP where the answer was cut off.
func (r resolver) exchange(ctx context.Context, server string, query *mdns.Msg) (*mdns.Msg, error) {
	reply, err := r.once(ctx, "udp", server, query)
	if err != nil || !reply.Truncated {
		return reply, err
	}
	reply, err = r.once(ctx, "tcp", server, query)
	if err == nil && reply.Truncated {
		return nil, errors.New("cut off its answer by TCP too")
	}
	return reply, err
}

// once makes one exchange on a connection, and so a source port, of its own.
func (r resolver) once(ctx context.Context, network, server string, query *mdns.Msg) (*mdns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	conn, err := r.dial(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // it may be closed already
	// The library knows of the context's deadline only, not of its cancelling.
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	query = query.Copy()
	query.Id = mdns.Id()
	reply, _, err := (&mdns.Client{Timeout: r.timeout, UDPSize: mdns.MinMsgSize}).ExchangeWithConnContext(ctx, query, &mdns.Conn{Conn: conn})
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("%s: no answer within %v", network, r.timeout)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", network, err)
	case !answers(reply, query):
		return nil, fmt.Errorf("%s: answered another question", network)
	}
	return reply, nil
}

// answers says whether the reply is to this query. Servers that cannot read a query may leave its question out.
func answers(reply, query *mdns.Msg) bool {
	if !reply.Response || len(reply.Question) > 1 {
		return false
	}
	if len(reply.Question) == 0 {
		return reply.Rcode != mdns.RcodeSuccess && reply.Rcode != mdns.RcodeNameError
	}
	got, want := reply.Question[0], query.Question[0]
	return strings.EqualFold(got.Name, want.Name) && got.Qtype == want.Qtype && got.Qclass == want.Qclass
}

func rcode(code int) string {
	if text, ok := mdns.RcodeToString[code]; ok {
		return text
	}
	return fmt.Sprintf("code %d", code)
}
