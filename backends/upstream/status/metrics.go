package status

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// maxInstances bounds the instances of a service that have metrics of their own: the first by address. All are in the Document and in the
// sums.
const maxInstances = 100

// collector reads the services at each scrape, so that an instance that has left is gone from the metrics, too.
type collector struct {
	read func() []Service

	instances, breakers, panicking, waiting, budget, discovery *prometheus.Desc
	inFlight, latency, up                                      *prometheus.Desc
}

// Collector turns what read returns into metrics; docs/metrics.md lists them.
func Collector(read func() []Service) prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("tiffin_upstream_"+name, help, append([]string{"service"}, labels...), nil)
	}
	return &collector{
		read:      read,
		instances: desc("instances", "Instances by state.", "state"),
		breakers:  desc("breakers", "Instances by the state of their breaker.", "state"),
		panicking: desc("panicking", "1 while too few instances are healthy, so that health is ignored."),
		waiting:   desc("calls_waiting", "Calls that wait for a place in the bulkhead."),
		budget:    desc("retry_budget", "Retries and hedges that are allowed right now."),
		discovery: desc("discovery_failing", "1 while the instances cannot be learned; the last good set is in use."),
		inFlight:  desc("instance_in_flight", "Attempts under way at the instance.", "instance"),
		latency:   desc("instance_latency_seconds", "The average latency that balancing goes by.", "instance"),
		up:        desc("instance_up", "1 where the instance's state is up.", "instance"),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range [...]*prometheus.Desc{
		c.instances, c.breakers, c.panicking, c.waiting, c.budget, c.discovery, c.inFlight, c.latency, c.up,
	} {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.read() {
		g := gauges{out, s.Name}
		g.set(c.panicking, truth(s.Panicking))
		g.set(c.waiting, float64(s.Waiting))
		g.set(c.budget, float64(s.RetryBudget))
		g.set(c.discovery, truth(s.DiscoveryError != ""))
		c.sums(g, s.Instances)
		for _, i := range s.Instances[:min(len(s.Instances), maxInstances)] {
			g.set(c.inFlight, float64(i.InFlight), i.Addr)
			g.set(c.latency, i.LatencyMs*time.Millisecond.Seconds(), i.Addr)
			g.set(c.up, truth(i.State == Up), i.Addr)
		}
	}
}

// sums counts instances by what they have in common.
func (c *collector) sums(g gauges, instances []Instance) {
	states, breakers := map[State]int{}, map[string]int{"closed": 0, "open": 0, "half_open": 0}
	for _, i := range instances {
		states[i.State]++
		breakers[i.Breaker]++
	}
	for _, s := range States() {
		g.set(c.instances, float64(states[s]), string(s))
	}
	for name, count := range breakers {
		g.set(c.breakers, float64(count), name)
	}
}

// gauges sends those of one service.
type gauges struct {
	out     chan<- prometheus.Metric
	service string
}

func (g gauges) set(desc *prometheus.Desc, value float64, labels ...string) {
	g.out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, append([]string{g.service}, labels...)...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
