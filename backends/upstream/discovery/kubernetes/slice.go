package kubernetes

import (
	"fmt"
	"net/netip"
	"strconv"

	"tiffin/backends/upstream/discovery"
)

// slice is what we read of a discovery.k8s.io/v1 EndpointSlice.
type slice struct {
	Metadata struct {
		Name            string `json:"name"`
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	AddressType string     `json:"addressType"` // IPv4, IPv6 or FQDN
	Endpoints   []endpoint `json:"endpoints"`
	Ports       []struct {
		Name string `json:"name"`
		Port *int   `json:"port"`
	} `json:"ports"`
}

type endpoint struct {
	Addresses  []string `json:"addresses"`
	Conditions struct {
		Ready       *bool `json:"ready"`
		Serving     *bool `json:"serving"`
		Terminating *bool `json:"terminating"`
	} `json:"conditions"`
	Zone string `json:"zone"`
}

// slices are those of one service, by name.
type slices map[string]slice

// endpoints merges the slices: an endpoint may be in two of them for a moment (Normalize sees to that), and each has its own ports. It is an
// error if no slice of the service has the port, since then somebody has misnamed it.
func (s slices) endpoints(cfg Config) ([]discovery.Endpoint, error) {
	var set []discovery.Endpoint
	known := len(s) == 0
	for _, one := range s {
		port, ok := one.port(cfg.Port)
		known = known || ok || len(one.Endpoints) == 0
		if !ok || !cfg.wants(one.AddressType) {
			continue
		}
		for _, e := range one.Endpoints {
			if found, ok := e.endpoint(port); ok {
				set = append(set, found)
			}
		}
	}
	if !known {
		return nil, fmt.Errorf("the service %s/%s has no port %q; give its name in the service, or the number that its pods listen on", cfg.Namespace, cfg.Service, cfg.Port)
	}
	return set, nil
}

func (c Config) wants(addressType string) bool {
	switch addressType {
	case "IPv4":
		return c.Family.Has(discovery.IPv4)
	case "IPv6":
		return c.Family.Has(discovery.IPv6)
	}
	return true
}

// port finds one by name or number, for which the slice's number is the pods'.
func (s slice) port(want string) (uint16, bool) {
	for _, p := range s.Ports {
		if p.Port == nil || *p.Port < 1 || *p.Port > 65535 {
			continue // "all ports", of which we cannot choose
		}
		if p.Name == want || strconv.Itoa(*p.Port) == want {
			return uint16(*p.Port), true
		}
	}
	return 0, false
}

// endpoint converts one that can take requests. By the API's documentation a missing ready is true, a missing serving is ready; the addresses
// are interchangeable and the first is to be used.
func (e endpoint) endpoint(port uint16) (discovery.Endpoint, bool) {
	ready := value(e.Conditions.Ready, true)
	serving := value(e.Conditions.Serving, ready)
	draining := !ready && serving && value(e.Conditions.Terminating, false)
	if len(e.Addresses) == 0 || !ready && !draining {
		return discovery.Endpoint{}, false
	}
	host := e.Addresses[0]
	if _, err := netip.ParseAddr(host); err != nil && !discovery.IsHostName(host) {
		return discovery.Endpoint{}, false
	}
	return discovery.Endpoint{Addr: discovery.JoinAddr(host, port), Zone: e.Zone, Draining: draining}, true
}

func value(b *bool, missing bool) bool {
	if b == nil {
		return missing
	}
	return *b
}
