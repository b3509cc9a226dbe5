package demo

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/board"
	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/delivery"
	"tiffin/internal/demo/geocoding"
	"tiffin/internal/demo/inventory"
	"tiffin/internal/demo/orders"
	"tiffin/internal/demo/payments"
	"tiffin/internal/demo/seed"
	"tiffin/internal/demo/stage"
)

// lineupEntry is a service with its place among the ports.
type lineupEntry struct {
	name      string
	offset    int
	instances int
}

// lineup lists the services with their ports from the base and how many run.
func lineup() []lineupEntry {
	return []lineupEntry{
		{"orders", 0, 3}, {"inventory", 10, 3}, {"payments", paymentsOffset, 2}, {"delivery", 30, 3}, {"geocoding", 40, 2},
	}
}

// Ports from the base that are needed by name.
const (
	paymentsOffset = 20
	issuerOffset   = 80
	boardOffset    = 90
)

func serviceNames() []string {
	var names []string
	for _, s := range lineup() {
		names = append(names, s.name)
	}
	return names
}

// customers are the users of the issuer who have ordered before, each so many times.
func customers() []string { return []string{"alice", "bob", "carol", "dave"} }

const ordersPerCustomer = 50

// services are the states of the five.
type services struct {
	orders    *orders.Service
	inventory *inventory.Service
	payments  *payments.Service
	delivery  *delivery.Service
	geocoding *geocoding.Service
	// promises are what each service that is written to keeps.
	promises map[string]*stage.Promises
}

func newServices(now func() time.Time, where addresses) services {
	world := catalogue.New()
	var ids []string
	for _, name := range customers() {
		ids = append(ids, where.url(issuerOffset, "issuer")+"#"+name) // identity.Principal.ID
	}
	past := seed.Orders(world, ids, ordersPerCustomer, now())
	kept := map[string]*stage.Promises{}
	for _, name := range []string{"orders", "inventory", "payments", "delivery"} {
		kept[name] = stage.NewPromises()
	}
	return services{
		promises:  kept,
		orders:    orders.New(orders.Config{Catalogue: world, Past: past, Now: now, Promises: kept["orders"]}),
		inventory: inventory.New(inventory.Config{Catalogue: world, Past: past, Promises: kept["inventory"]}),
		payments:  payments.New(payments.Config{Past: past, Now: now, PublicURL: where.url(paymentsOffset, "payments-0"), Promises: kept["payments"]}),
		delivery:  delivery.New(delivery.Config{Catalogue: world, Past: past, Now: now, Promises: kept["delivery"]}),
		geocoding: geocoding.New(),
	}
}

func (s services) handler(name string) http.Handler {
	switch name {
	case "orders":
		return s.orders.Handler()
	case "inventory":
		return s.inventory.Handler()
	case "payments":
		return s.payments.Handler()
	case "delivery":
		return s.delivery.Handler()
	default:
		return s.geocoding.Handler()
	}
}

// judge asks the order service before and after the others: see [audit.World].
func (s services) judge() audit.Report {
	before := s.orders.Books()
	w := audit.World{
		Before:      before,
		Holdings:    s.inventory.Holdings(),
		Accounts:    s.payments.Accounts(),
		Assignments: s.delivery.Assignments(),
	}
	w.After = s.orders.Books()
	return audit.Judge(w)
}

// A network within one building.
const (
	minLatency = 2 * time.Millisecond
	maxLatency = 12 * time.Millisecond
)

// layOut gives every instance, the issuer and the board their address.
func (d *Demo) layOut(cfg Config, where addresses) []place {
	var places []place
	for _, s := range lineup() {
		shared := d.all.handler(s.name)
		for index := range cfg.Instances[s.name] {
			name := fmt.Sprintf("%s-%d", s.name, index)
			places = append(places, place{
				name: name, service: s.name, index: index, host: where.host(s.offset+index, name),
				handler: stage.Instance(d.instance(s.name, index, shared, cfg.Latency)),
			})
		}
	}
	places = append(places, place{name: "issuer", host: where.host(issuerOffset, "issuer"), handler: d.issuer.Handler()})
	desk := place{name: "board", host: where.host(boardOffset, "board")}
	desk.handler = board.New(board.Config{
		URL: desk.url(), Faults: d.faults, Promises: d.all.promises, Calls: d.calls, Audit: d.Audit, Places: signs(places),
	})
	return append(places, desk)
}

func (d *Demo) instance(service string, index int, shared http.Handler, latency bool) stage.InstanceConfig {
	cfg := stage.InstanceConfig{
		Service: service, Index: index, Handler: shared, Faults: d.faults, Calls: d.calls, SystemFault: payments.SystemFault,
	}
	if latency {
		cfg.Latency = stage.Spread{Min: minLatency, Max: maxLatency}
	}
	return cfg
}

// signs are the places as the board shows them: instances of one service in one row.
func signs(places []place) []board.Place {
	var all []board.Place
	for _, p := range places {
		if p.index > 0 {
			all[len(all)-1].URLs = append(all[len(all)-1].URLs, p.url())
			continue
		}
		all = append(all, board.Place{Name: cmp.Or(p.service, p.name), URLs: []string{p.url()}})
	}
	return all
}
