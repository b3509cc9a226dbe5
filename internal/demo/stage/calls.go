package stage

import (
	"maps"
	"sync"
)

// Calls counts what reached the services: service, then "GET /orders/{id}" (method and pattern of the route), then how often. Health
// checks are not counted.
type Calls struct {
	mu     sync.Mutex
	counts map[string]map[string]int
}

// NewCalls returns zero counts for the services; others are not counted.
func NewCalls(services ...string) *Calls {
	c := &Calls{counts: map[string]map[string]int{}}
	for _, service := range services {
		c.counts[service] = map[string]int{}
	}
	return c
}

// Snapshot copies the counts. Every service is there, also without calls.
func (c *Calls) Snapshot() map[string]map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	snapshot := make(map[string]map[string]int, len(c.counts))
	for service, routes := range c.counts {
		snapshot[service] = maps.Clone(routes)
	}
	return snapshot
}

// Clear sets all counts to zero.
func (c *Calls) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, routes := range c.counts {
		clear(routes)
	}
}

func (c *Calls) add(service, route string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if routes := c.counts[service]; routes != nil {
		routes[route]++
	}
}
