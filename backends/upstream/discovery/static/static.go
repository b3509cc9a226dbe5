// Package static is the provider of instances that the configuration lists: http://host:port,host:port/base. They never change; a new
// configuration makes a new provider.
package static

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tiffin/backends/upstream/discovery"
	"tiffin/fault"
)

// maxInstances bounds the list in a URL; more than that is another provider's work.
const maxInstances = 64

const example = `write it like "http://127.0.0.1:8100,127.0.0.1:8101"`

// Config is the list.
type Config struct {
	// Endpoints has at least one.
	Endpoints []discovery.Endpoint
}

// Parse reads "http://host:port,host:port" (or https). A port left out is the scheme's. All weigh the same.
func Parse(u discovery.URL) (Config, []fault.Invalid) {
	hosts := strings.Split(u.Host, ",")
	if len(hosts) > maxInstances {
		return Config{}, []fault.Invalid{discovery.Invalid(
			fmt.Sprintf("names %d instances, more than %d", len(hosts), maxInstances), "list them in a file: file:///etc/tiffin/instances.json")}
	}
	var cfg Config
	var problems []fault.Invalid
	for n, text := range hosts {
		which := fmt.Sprintf("host %d of %d ", n+1, len(hosts))
		host, port, reason := discovery.SplitAddr(text, defaultPort(u.Scheme))
		if reason != "" {
			problems = append(problems, discovery.Invalid(which+reason, example))
			continue
		}
		e := discovery.Endpoint{Addr: discovery.JoinAddr(host, port)}
		if slices.Contains(cfg.Endpoints, e) {
			problems = append(problems, discovery.Invalid(which+"is there twice", "leave one out"))
		}
		cfg.Endpoints = append(cfg.Endpoints, e)
	}
	if problems != nil {
		return Config{}, problems
	}
	return cfg, nil
}

func defaultPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

// Provider reports the list once.
type Provider struct{ endpoints []discovery.Endpoint }

// New returns a Provider of what Parse returned, or of any list that is not empty.
func New(cfg Config) *Provider {
	return &Provider{endpoints: discovery.Normalize(cfg.Endpoints)}
}

// Watch implements discovery.Provider; it never calls failed.
func (p *Provider) Watch(ctx context.Context, update func([]discovery.Endpoint), _ func(error)) error {
	if ctx.Err() == nil {
		update(slices.Clone(p.endpoints))
	}
	<-ctx.Done()
	return nil
}

var _ discovery.Provider = (*Provider)(nil)
