package dns_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	mdns "github.com/miekg/dns"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/dns"
)

// crowd returns more addresses than a datagram holds.
func crowd() (records []string, set []discovery.Endpoint) {
	for n := range 200 {
		records = append(records, fmt.Sprintf("%s 60 A 10.0.1.%d", name, n))
		set = append(set, discovery.Endpoint{Addr: fmt.Sprintf("10.0.1.%d:8100", n)})
	}
	return records, discovery.Normalize(set)
}

func TestTruncatedAnswer(t *testing.T) {
	records, want := crowd()
	check := func(t *testing.T, f *far, realTime bool) {
		f.put(records...)
		discoverytest.Start(t, f.provider(f.config()), realTime).Set(want)
		if asked := f.queries(); !slices.Equal(asked, []string{"udp " + name + " A", "tcp " + name + " A", "udp " + name + " AAAA"}) {
			t.Errorf("asked %q", asked)
		}
	}
	t.Run("in memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { check(t, inMemory(t), false) })
	})
	t.Run("on sockets", func(t *testing.T) { check(t, onSockets(t), true) })
}

func TestTruncatedByTCPToo(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg dns.Config) {
		f.change = func(_, reply *mdns.Msg, _ bool) *mdns.Msg {
			reply.Truncated = true
			return reply
		}
		w := discoverytest.Start(t, f.provider(cfg), false)
		if err := w.Failure(); !strings.Contains(err.Error(), "cut off its answer by TCP too") {
			t.Errorf("failure %v", err)
		}
	})
}

// As many addresses as fit into 1232 bytes come by UDP, which they would not within the 512 bytes of the time before EDNS0.
func TestEDNS0(t *testing.T) {
	f := onSockets(t)
	records, _ := crowd()
	f.put(records[:60]...)
	w := discoverytest.Start(t, f.provider(f.config()), true)
	if c := w.Next(); len(c.Set) != 60 {
		t.Fatalf("%d endpoints, %v, want 60", len(c.Set), c.Err)
	}
	if asked := f.queries(); slices.ContainsFunc(asked, func(q string) bool { return strings.HasPrefix(q, "tcp") }) {
		t.Errorf("asked %q, want UDP only", asked)
	}
}

func TestServersWithoutEDNS0(t *testing.T) {
	for _, code := range []int{mdns.RcodeFormatError, mdns.RcodeNotImplemented} {
		in(t, func(t *testing.T, f *far, cfg dns.Config) {
			f.put(name + " 60 A 10.0.0.1")
			f.change = func(query, reply *mdns.Msg, _ bool) *mdns.Msg {
				if query.IsEdns0() == nil {
					return reply
				}
				reply = new(mdns.Msg).SetRcode(query, code)
				reply.Question = nil // it could not read the query
				return reply
			}
			discoverytest.Start(t, f.provider(cfg), false).Set(discoverytest.Endpoints("10.0.0.1"))
		})
	}
}

func TestStrangeAnswers(t *testing.T) {
	for what, tt := range map[string]struct {
		spoil func(reply *mdns.Msg)
		want  string
	}{
		"another name":         {func(m *mdns.Msg) { m.Question[0].Name = "evil.test." }, "answered another question"},
		"another type":         {func(m *mdns.Msg) { m.Question[0].Qtype = mdns.TypeMX }, "answered another question"},
		"no question":          {func(m *mdns.Msg) { m.Question = nil }, "answered another question"},
		"a query":              {func(m *mdns.Msg) { m.Response = false }, "answered another question"},
		"another id":           {func(m *mdns.Msg) { m.Id++ }, "id mismatch"},
		"refused":              {func(m *mdns.Msg) { m.Rcode = mdns.RcodeRefused }, "answered REFUSED"},
		"an unknown code":      {func(m *mdns.Msg) { m.Rcode = 15 }, "answered code 15"},
		"somebody's addresses": {func(m *mdns.Msg) { m.Answer = []mdns.RR{record("evil.test. 60 A 10.0.0.9")} }, "names no instance"},
		"no such name":         {func(m *mdns.Msg) { m.Rcode, m.Answer = mdns.RcodeNameError, nil }, "names no instance"},
	} {
		t.Run(what, func(t *testing.T) {
			in(t, func(t *testing.T, f *far, cfg dns.Config) {
				f.put(name + " 60 A 10.0.0.1")
				f.change = func(_, reply *mdns.Msg, _ bool) *mdns.Msg {
					tt.spoil(reply)
					return reply
				}
				w := discoverytest.Start(t, f.provider(cfg), false)
				if err := w.Failure(); !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "resolving orders.test: ") {
					t.Errorf("failure %v, want %q", err, tt.want)
				}
			})
		})
	}
}

// Over UDP an answer with another id is a late one, or a forged one: the right one may still come.
func TestLateDatagram(t *testing.T) {
	f := onSockets(t)
	f.put(name + " 60 A 10.0.0.1")
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			query := new(mdns.Msg)
			query.Unpack(buffer[:n])
			reply := f.answer(query, true)
			forged := reply.Copy()
			forged.Id++
			forged.Answer = []mdns.RR{record(name + " 60 A 10.0.0.66")}
			for _, m := range []*mdns.Msg{forged, reply} {
				packet, _ := m.Pack()
				server.WriteTo(packet, from)
			}
		}
	})
	t.Cleanup(serving.Wait)
	t.Cleanup(func() { server.Close() })
	cfg := f.config()
	cfg.Resolvers = []string{server.LocalAddr().String()}
	discoverytest.Start(t, f.provider(cfg), true).Set(discoverytest.Endpoints("10.0.0.1"))
}

func TestLostDatagram(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg dns.Config) {
		f.put(name + " 60 A 10.0.0.1")
		lost := 0
		f.change = func(_, reply *mdns.Msg, _ bool) *mdns.Msg {
			if lost++; lost == 1 {
				return nil
			}
			return reply
		}
		began := time.Now()
		discoverytest.Start(t, f.provider(cfg), false).Set(discoverytest.Endpoints("10.0.0.1"))
		if took := time.Since(began); took != cfg.Timeout {
			t.Errorf("took %v, want %v", took, cfg.Timeout)
		}
	})
}

func TestSeveralServers(t *testing.T) {
	for what, tt := range map[string]struct {
		spoil func(*far)
		took  time.Duration
	}{
		"refuses": {func(f *far) { f.rcode = mdns.RcodeRefused }, 0},
		"fails":   {(*far).Fail, 0},
		"is away": {func(f *far) { f.addr = "192.0.2.99:53" }, 0}, // its network knows no such host
		"is mute": {(*far).Hang, 4 * time.Second},                 // two questions
		"is silly": {func(f *far) {
			f.change = func(_, reply *mdns.Msg, _ bool) *mdns.Msg { reply.Question = nil; return reply }
		}, 0},
	} {
		t.Run("the first "+what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second := inMemory(t), inMemory(t)
				first.addr, second.addr = "192.0.2.1:53", "192.0.2.2:53"
				first.put(name + " 60 A 10.0.0.66")
				second.put(name + " 60 A 10.0.0.1")
				cfg := first.config()
				cfg.Resolvers = []string{first.addr, second.addr}
				tt.spoil(first)
				dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
					if addr == second.addr {
						return second.dial(ctx, network, addr)
					}
					return first.dial(ctx, network, addr)
				}
				began := time.Now()
				discoverytest.Start(t, dns.New(cfg, dns.Deps{Dial: dial}), false).Set(discoverytest.Endpoints("10.0.0.1"))
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// What one server says settles it, also when it says that there is nothing.
func TestNoSuchNameIsAnAnswer(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg dns.Config) {
		f.rcode = mdns.RcodeNameError
		cfg.Resolvers = []string{f.addr, "192.0.2.99:53"}
		w := discoverytest.Start(t, f.provider(cfg), false)
		_ = w.Failure()
		if asked := f.queries(); !slices.Equal(asked, []string{"udp " + name + " A", "udp " + name + " AAAA"}) {
			t.Errorf("asked %q", asked)
		}
	})
}

func TestEveryServerIsToldAbout(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg dns.Config) {
		f.Fail()
		cfg.Resolvers = []string{f.addr, "192.0.2.99:53"}
		w := discoverytest.Start(t, f.provider(cfg), false)
		err := w.Failure().Error()
		for _, want := range []string{"resolver 192.0.2.53:53, A records: answered SERVFAIL", "resolver 192.0.2.99:53, A records: 192.0.2.99:53 is not reachable"} {
			if strings.Count(err, want) != 1 {
				t.Errorf("failure %q, want %q once", err, want)
			}
		}
	})
}
