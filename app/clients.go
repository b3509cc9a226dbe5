package app

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"tiffin/backends/delivery"
	"tiffin/backends/geocoding"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/backends/rest"
	"tiffin/backends/upstream"
	"tiffin/backends/upstream/observe"
	"tiffin/backends/upstream/status"
	"tiffin/backends/xmlapi"
	"tiffin/gateway/assets"
)

// clients are the typed clients of all services, each over a chain of its own.
type clients struct {
	orders    *orders.Client
	inventory *inventory.Client
	payments  *payments.Client
	delivery  *delivery.Client
	geocoding *geocoding.Client

	chains map[string]*upstream.Upstream // by service
}

func newClients(cfg Services, deps upstream.Deps, watch observe.Deps) (clients, error) {
	chains := map[string]*upstream.Upstream{}
	for _, service := range cfg.all() {
		deps := deps
		deps.Name, deps.Observer = service.name, observe.New(service.name, watch)
		deps.Events = events(deps.Observer)
		deps.Usable = rest.Usable
		if service.name == payments.Service {
			deps.Usable, deps.Retryable = nil, xmlapi.RetryableFault
		}
		chain, err := upstream.New(service.Config, deps)
		if err != nil {
			return clients{}, fmt.Errorf("services.%s.%w", service.name, err) // a problem's text begins with its key
		}
		chains[service.name] = chain
	}
	return clients{
		orders:    orders.New(chains[orders.Service]),
		inventory: inventory.New(chains[inventory.Service]),
		payments:  payments.New(chains[payments.Service]),
		delivery:  delivery.New(chains[delivery.Service]),
		geocoding: geocoding.New(chains[geocoding.Service]),
		chains:    chains,
	}, nil
}

// assets is where the static resources of each service come from.
func (c clients) assets(cfg Services) map[string]assets.Service {
	out := map[string]assets.Service{}
	for _, service := range cfg.all() {
		out[service.name] = assets.Service{Config: service.Assets, Transport: c.chains[service.name]}
	}
	return out
}

// events tells the observer all that happens to a service.
func events(o *observe.Service) upstream.Events {
	return upstream.Events{
		Discovered: o.Discovered, DiscoveryFailed: o.DiscoveryFailed, Checked: o.Checked, Ejected: o.Ejected, Returned: o.Returned, Calls: o.Calls(),
	}
}

// status is that of every service, by name.
func (c clients) status() []status.Service {
	var out []status.Service
	for _, name := range slices.Sorted(maps.Keys(c.chains)) {
		out = append(out, c.chains[name].Status(name))
	}
	return out
}

// run follows the instances of every service until ctx ends.
func (c clients) run(ctx context.Context, spawn func(func() error)) {
	for _, chain := range c.chains {
		spawn(func() error { return chain.Run(ctx) })
	}
}

// settled waits until each service has heard of its instances, or that they cannot be had, for the gateway starts with a service down; or
// until ctx ends, which it reports.
func (c clients) settled(ctx context.Context) bool {
	for _, chain := range c.chains {
		select {
		case <-chain.Settled():
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}
