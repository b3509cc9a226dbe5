package app

import (
	"errors"

	"tiffin/backends/delivery"
	"tiffin/backends/geocoding"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/backends/upstream"
	"tiffin/fault"
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

func newClients(cfg Services, deps upstream.Deps) (clients, error) {
	chains := map[string]*upstream.Upstream{}
	for _, service := range cfg.all() {
		chain, err := upstream.New(service.ServiceConfig.Config, deps)
		if err != nil {
			return clients{}, errors.Join(fault.Invalid{Path: "services." + service.name, Reason: "is not valid"}, err)
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

// close drops the connections that wait for another call.
func (c clients) close() {
	for _, chain := range c.chains {
		chain.Close()
	}
}
