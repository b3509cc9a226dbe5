package dns_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	mdns "github.com/miekg/dns"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/dns"
	"tiffin/internal/testkit"
)

const (
	name    = "orders.test."
	service = "_orders._tcp.shop.test."
)

// far is a name server. Its answers to one question are records by "name TYPE"; the mode of failure is for all.
type far struct {
	t    *testing.T
	addr string
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu      sync.Mutex
	records map[string][]mdns.RR
	extra   []mdns.RR
	ttl     int
	rcode   int
	hang    bool
	// change may change a reply, or make it nil, which is none.
	change func(query, reply *mdns.Msg, datagram bool) *mdns.Msg
	asked  []string // "udp orders.test. A"
}

func newFar(t *testing.T) *far { return &far{t: t, ttl: 60, records: map[string][]mdns.RR{}} }

// inMemory serves on an in-memory network, so that it can live in a bubble. A datagram is a message on a stream of its own.
func inMemory(t *testing.T) *far {
	f, network := newFar(t), testkit.Start(t, nil)
	f.addr = "192.0.2.53:53"
	for kind, host := range map[string]string{"udp": "udp.test:53", "tcp": "tcp.test:53"} {
		f.serve(&mdns.Server{Listener: network.Listen(host), Handler: f.handler(kind == "udp")})
	}
	f.dial = func(ctx context.Context, kind, addr string) (net.Conn, error) {
		if addr != f.addr {
			return nil, fmt.Errorf("%s is not reachable", addr)
		}
		return network.DialContext(ctx, kind, kind+".test:53")
	}
	return f
}

// onSockets serves on the loopback interface.
func onSockets(t *testing.T) *far {
	f := newFar(t)
	f.dial = (&net.Dialer{}).DialContext
	for range 10 { // the same port may be taken for the other protocol
		stream, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		packets, err := net.ListenPacket("udp", stream.Addr().String())
		if err != nil {
			stream.Close()
			continue
		}
		f.addr = stream.Addr().String()
		f.serve(&mdns.Server{Listener: stream, Handler: f.handler(false)})
		f.serve(&mdns.Server{PacketConn: packets, Handler: f.handler(true)})
		return f
	}
	t.Fatal("no port is free for UDP and TCP")
	return nil
}

func (f *far) serve(s *mdns.Server) {
	started, done := make(chan struct{}), make(chan error, 1)
	s.NotifyStartedFunc = func() { close(started) }
	go func() { done <- s.ActivateAndServe() }()
	<-started
	f.t.Cleanup(func() {
		s.Shutdown()
		if err := <-done; err != nil {
			f.t.Errorf("name server: %v", err)
		}
	})
}

func (f *far) handler(datagram bool) mdns.HandlerFunc {
	return func(w mdns.ResponseWriter, query *mdns.Msg) {
		if reply := f.answer(query, datagram); reply != nil {
			w.WriteMsg(reply)
		}
	}
}

func (f *far) answer(query *mdns.Msg, datagram bool) *mdns.Msg {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := query.Question[0]
	key := strings.ToLower(q.Name) + " " + mdns.TypeToString[q.Qtype]
	f.asked = append(f.asked, map[bool]string{true: "udp ", false: "tcp "}[datagram]+key)
	if f.hang {
		return nil
	}
	reply := new(mdns.Msg).SetRcode(query, f.rcode)
	if f.rcode == mdns.RcodeSuccess {
		reply.Answer = append(reply.Answer, f.records[key]...)
		if q.Qtype == mdns.TypeSRV {
			reply.Extra = append(reply.Extra, f.extra...)
		}
	}
	size := mdns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		reply.SetEdns0(udpSize, false)
		size = int(opt.UDPSize())
	}
	if datagram {
		reply.Truncate(size)
	}
	if f.change != nil {
		return f.change(query, reply, datagram)
	}
	return reply
}

const udpSize = 1232

// do changes the answers.
func (f *far) do(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// put adds records in the form of a zone file: "orders.test. 60 A 10.0.0.1".
func (f *far) put(texts ...string) {
	f.do(func() {
		for _, text := range texts {
			rr := record(text)
			h := rr.Header()
			key := h.Name + " " + mdns.TypeToString[h.Rrtype]
			f.records[key] = append(f.records[key], rr)
		}
	})
}

func record(text string) mdns.RR {
	rr, err := mdns.NewRR(text)
	if err != nil {
		panic(err)
	}
	return rr
}

func (f *far) Set(set []discovery.Endpoint) {
	f.do(func() {
		f.hang, f.rcode = false, mdns.RcodeSuccess
		f.records, f.extra = map[string][]mdns.RR{}, nil
		for _, e := range set {
			host, _, _ := net.SplitHostPort(e.Addr)
			target := strings.ReplaceAll(host, ".", "-") + ".test."
			a, srv := name+" A", service+" SRV"
			f.records[a] = append(f.records[a], record(fmt.Sprintf("%s %d A %s", name, f.ttl, host)))
			f.records[srv] = append(f.records[srv], record(fmt.Sprintf("%s %d SRV 0 0 8100 %s", service, f.ttl, target)))
			f.extra = append(f.extra, record(fmt.Sprintf("%s %d A %s", target, f.ttl, host)))
		}
	})
}

func (f *far) Fail() { f.do(func() { f.hang, f.rcode = false, mdns.RcodeServerFailure }) }
func (f *far) Hang() { f.do(func() { f.hang = true }) }

func (f *far) Requests() int { return len(f.queries()) }

func (f *far) queries() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// config asks this far for the name's addresses.
func (f *far) config() dns.Config {
	cfg := dns.Defaults()
	cfg.Name, cfg.Port, cfg.Resolvers = "orders.test", 8100, []string{f.addr}
	return cfg
}

// services asks this far for SRV records.
func (f *far) services() dns.Config {
	cfg := f.config()
	cfg.Name, cfg.Port, cfg.SRV = strings.TrimSuffix(service, "."), 0, true
	return cfg
}

func (f *far) provider(cfg dns.Config) *dns.Provider { return dns.New(cfg, dns.Deps{Dial: f.dial}) }
