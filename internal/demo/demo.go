// Package demo is the world that Tiffin is shown and tested with: five simulated services of several instances each, an issuer of
// tokens and a board, on loopback ports or on an in-memory network.
//
//	Demo ─┬─ stage.Instance × 13 ── orders, inventory, payments, delivery, geocoding   (one shared state per service)
//	      ├─ issuer
//	      └─ board ── stage.Faults, stage.Calls, audit
//
// All services tell the same story, for they are built from one catalogue and one invented past (package seed).
package demo

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/issuer"
	"tiffin/internal/demo/stage"
	"tiffin/internal/testkit"
)

// Config describes a world. The zero Config is the demo on its usual ports.
type Config struct {
	// BasePort is the first of the 100 loopback ports that the world uses [8100].
	BasePort int
	// Instances is how many of a service run, 1 to 10 [orders 3, inventory 3, payments 2, delivery 3, geocoding 2]. Services that it
	// leaves out have their default.
	Instances map[string]int
	// Latency gives every answer of a service the few milliseconds that a network takes [false].
	Latency bool
	// Now is the clock of all services and of the issuer [time.Now].
	Now func() time.Time
	// Memory, if set, is the network that the world listens on instead of loopback ports, under the host names orders-0, …, issuer
	// and board. The caller closes it after the Demo.
	Memory *testkit.Network
}

// Demo is a world. Make it with New, start it, close it; after that it can be started again and has kept its state.
type Demo struct {
	memory *testkit.Network
	places []place
	issuer *issuer.Issuer
	faults *stage.Faults
	calls  *stage.Calls
	all    services

	mu      sync.Mutex
	servers []*server
}

// New builds the world with its past. It listens on nothing yet. An error says which part of cfg is wrong.
func New(cfg Config) (*Demo, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	where := addresses(cfg)
	tokens, err := issuer.New(issuer.Config{URL: where.url(issuerOffset, "issuer"), Now: cfg.Now})
	if err != nil {
		return nil, err
	}
	d := &Demo{
		memory: cfg.Memory,
		issuer: tokens,
		faults: stage.NewFaults(cfg.Instances),
		calls:  stage.NewCalls(serviceNames()...),
		all:    newServices(cfg.Now, where),
	}
	d.places = d.layOut(cfg, where)
	return d, nil
}

// Start listens on every address and serves. It fails, and then listens on none, where one is taken. The world then runs until Close;
// ctx bounds the start only.
func (d *Demo) Start(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.places {
		listener, err := p.listen(ctx, d.memory)
		if err != nil {
			d.closeLocked()
			return err
		}
		if p.service != "" {
			listener = d.faults.Listen(p.service, p.index, listener)
		}
		d.servers = append(d.servers, serve(listener, p.handler))
	}
	return nil
}

// Run starts the world, waits for the end of ctx and closes the world. It returns what Start does; the end of ctx is no error.
func (d *Demo) Run(ctx context.Context) error {
	if err := d.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	d.Close()
	return nil
}

// Close cuts all connections, frees the addresses and returns when no handler runs any more: after a few seconds at most, for a write
// that has begun is finished. It may be called more than once.
func (d *Demo) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closeLocked()
}

func (d *Demo) closeLocked() {
	for _, s := range d.servers {
		s.close()
	}
	d.servers = nil
}

// ServiceURLs says where each service is: one URL that names all instances, "http://127.0.0.1:8100,127.0.0.1:8101".
func (d *Demo) ServiceURLs() map[string]string {
	hosts := map[string][]string{}
	for _, p := range d.places {
		if p.service != "" {
			hosts[p.service] = append(hosts[p.service], p.host)
		}
	}
	urls := make(map[string]string, len(hosts))
	for service, list := range hosts {
		urls[service] = "http://" + strings.Join(list, ",")
	}
	return urls
}

// IssuerURL is the issuer's name and address; the customers of the past are those of this issuer.
func (d *Demo) IssuerURL() string { return d.urlOf("issuer") }

// BoardURL is the board's address.
func (d *Demo) BoardURL() string { return d.urlOf("board") }

func (d *Demo) urlOf(name string) string {
	for _, p := range d.places {
		if p.name == name {
			return p.url()
		}
	}
	return ""
}

// Token is a token for a user of the issuer; an error names the known users.
func (d *Demo) Token(user string) (string, error) { return d.issuer.Token(user) }

// Audit judges all orders as they are now.
func (d *Demo) Audit() audit.Report { return d.all.judge() }

// Faults are those of the board, for tests in the same process.
func (d *Demo) Faults() *stage.Faults { return d.faults }

// Calls are the counts of the board, for tests in the same process.
func (d *Demo) Calls() *stage.Calls { return d.calls }

// maxInstances is how many ports each service has.
const maxInstances = 10

// lastPort is the highest base port: 90 more are used.
const lastPort = 65535 - boardOffset

func (c Config) complete() (Config, error) {
	if c.BasePort == 0 {
		c.BasePort = 8100
	}
	if c.BasePort < 1 || c.BasePort > lastPort {
		return c, fmt.Errorf("base port %d: choose one from 1 to %d with --base-port", c.BasePort, lastPort)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	instances, err := completeInstances(c.Instances)
	c.Instances = instances
	return c, err
}

func completeInstances(wanted map[string]int) (map[string]int, error) {
	all := map[string]int{}
	for _, s := range lineup() {
		all[s.name] = s.instances
	}
	for name, n := range wanted {
		if all[name] == 0 || n < 1 || n > maxInstances {
			return nil, fmt.Errorf("%d instances of %q: a service is one of %v and has 1 to %d", n, name, serviceNames(), maxInstances)
		}
		all[name] = n
	}
	return all, nil
}

// place is one address and what answers there.
type place struct {
	name    string // "orders-0", "issuer"
	service string // "" for the issuer and the board
	index   int
	host    string // as it stands in a URL
	handler http.Handler
}

func (p place) url() string { return "http://" + p.host }
