package status

import (
	"time"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/resilience"
)

// Document is the answer of GET /upstreams. Fields are added to it, and never change their meaning.
type Document struct {
	Services []Service `json:"services"`
}

// Service is one service.
type Service struct {
	Name string `json:"name"`
	// Policy is how its instances are picked. Panicking says that too few are healthy, so that health is ignored.
	Policy    string `json:"policy"`
	Panicking bool   `json:"panicking"`
	// DiscoveryError is why its instances are not known at present; empty while they are.
	DiscoveryError string `json:"discoveryError,omitempty"`
	// InFlight and Waiting are calls inside of the bulkhead, and before it. RetryBudget is how many repetitions are allowed right now.
	InFlight    int `json:"inFlight"`
	Waiting     int `json:"waiting"`
	RetryBudget int `json:"retryBudget"`
	// Cache is null where there is none.
	Cache *Cache `json:"cache"`
	// Instances are sorted by address.
	Instances []Instance `json:"instances"`
}

// Cache is what the service's cache has done since the start.
type Cache struct {
	// Calls are those it had a say in; Hits and Stale the answers it gave by itself, fresh and stale. Ratio is their part, 0 to 1.
	Calls uint64  `json:"calls"`
	Hits  uint64  `json:"hits"`
	Stale uint64  `json:"stale"`
	Ratio float64 `json:"ratio"`
}

// Instance is one instance, as this process sees it.
type Instance struct {
	Addr   string `json:"addr"`
	Zone   string `json:"zone,omitempty"`
	Weight int    `json:"weight"`
	// State is whether it gets calls.
	State State `json:"state"`
	// EjectedForMs is how much longer its ejection lasts, 0 where there is none.
	EjectedForMs int64 `json:"ejectedForMs"`
	// Breaker is closed, open or half_open.
	Breaker string `json:"breaker"`
	// Ramp is the part of its weight that its slow start leaves it, 0 to 1.
	Ramp float64 `json:"ramp"`
	// InFlight is how many attempts it has now; Calls and Failures how many have ended since it joined.
	InFlight int    `json:"inFlight"`
	Calls    uint64 `json:"calls"`
	Failures uint64 `json:"failures"`
	// LatencyMs is the average that balancing goes by, 0 where nothing was measured.
	LatencyMs float64 `json:"latencyMs"`
}

// State is what is known of an instance's health. Whoever does not know a state takes it for Up.
type State string

// The states; where several are true, the first of Down, Ejected, Draining.
const (
	// Up gets calls.
	Up State = "up"
	// Down fails its active checks.
	Down State = "down"
	// Ejected failed too often.
	Ejected State = "ejected"
	// Draining is about to end: it gets calls if no other is left.
	Draining State = "draining"
)

// States lists all of them.
func States() []State { return []State{Up, Down, Ejected, Draining} }

// Sources are what a Service is put together from.
type Sources struct {
	Name      string
	Balance   balance.Status
	Calls     resilience.Status
	Discovery string
	// Cache is nil where the service has none; its Ratio is filled in.
	Cache *Cache
}

// Of puts a Service together.
func Of(from Sources) Service {
	s := Service{
		Name: from.Name, Policy: from.Balance.Policy, Panicking: from.Balance.Panicking, DiscoveryError: from.Discovery,
		InFlight: from.Calls.InFlight, Waiting: from.Calls.Waiting, RetryBudget: from.Calls.Budget, Instances: []Instance{},
	}
	if from.Cache != nil {
		cache := *from.Cache
		if cache.Calls > 0 {
			cache.Ratio = float64(cache.Hits+cache.Stale) / float64(cache.Calls)
		}
		s.Cache = &cache
	}
	for _, i := range from.Balance.Instances {
		s.Instances = append(s.Instances, instance(i, from.Calls.Breakers[i.Addr]))
	}
	return s
}

func instance(i balance.InstanceStatus, breaker resilience.State) Instance {
	if breaker == "" { // nobody has spoken to it yet
		breaker = resilience.Closed
	}
	return Instance{
		Addr: i.Addr, Zone: i.Zone, Weight: max(i.Weight, 1), State: state(i), EjectedForMs: i.Ejected.Milliseconds(),
		Breaker: string(breaker), Ramp: i.Ramp, InFlight: i.InFlight, Calls: i.Tally.Calls, Failures: i.Tally.Failures,
		LatencyMs: float64(i.Latency) / float64(time.Millisecond),
	}
}

func state(i balance.InstanceStatus) State {
	switch {
	case i.Down:
		return Down
	case i.Ejected > 0:
		return Ejected
	case i.Draining:
		return Draining
	}
	return Up
}
