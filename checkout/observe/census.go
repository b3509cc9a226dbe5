package observe

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tiffin/checkout/journal"
)

// CensusDeps are the collaborators.
type CensusDeps struct {
	// Keeper is the journal.
	Keeper journal.Keeper
}

// CensusConfig says how often the journal is counted.
type CensusConfig struct {
	// Every is how often; a scrape gets the last count.
	Every time.Duration
}

// Census counts the open orders of a journal, all gateways' that share it. It is a [prometheus.Collector], and asks the journal by
// itself, so that a journal that is away makes no scrape wait.
type Census struct {
	cfg  CensusConfig
	deps CensusDeps

	mu     sync.Mutex
	last   journal.Census
	known  bool // last is of the last count
	counts []gauge
}

type gauge struct {
	desc  *prometheus.Desc
	value func(journal.Census) float64
}

// NewCensus returns a Census that waits for Run.
func NewCensus(cfg CensusConfig, deps CensusDeps) *Census {
	g := func(name, help string, value func(journal.Census) float64) gauge {
		return gauge{prometheus.NewDesc(name, help, nil, nil), value}
	}
	return &Census{cfg: cfg, deps: deps, counts: []gauge{
		g("tiffin_orders_open", "Orders that are not settled, of all gateways with this journal.", func(c journal.Census) float64 { return float64(c.Open) }),
		g("tiffin_orders_parked", "Open orders that wait for their customers.", func(c journal.Census) float64 { return float64(c.Parked) }),
		g("tiffin_orders_stuck", "Open orders, but for those that wait for their customers, that are older than a minute.", func(c journal.Census) float64 { return float64(c.Late) }),
		g("tiffin_orders_oldest_seconds", "Age of the oldest open order that waits for no customer; 0 without one.", func(c journal.Census) float64 { return c.Oldest.Seconds() }),
	}}
}

// StuckAfter is the age from which an open order that waits for no customer counts as stuck. Most are settled within seconds.
const StuckAfter = time.Minute

// Run counts at once and then every Config.Every, until ctx ends; it returns nil. A journal that does not answer is another's to report.
func (c *Census) Run(ctx context.Context) error {
	ticker := time.NewTicker(c.cfg.Every)
	defer ticker.Stop()
	for {
		c.count(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (c *Census) count(ctx context.Context) {
	census, err := c.deps.Keeper.Census(ctx, StuckAfter)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known = err == nil; c.known {
		c.last = census
	}
}

// up is 1 while the journal answers.
func up() *prometheus.Desc {
	return prometheus.NewDesc("tiffin_journal_up", "1 while the journal of orders answers, 0 while it does not.", nil, nil)
}

// Describe implements [prometheus.Collector].
func (c *Census) Describe(to chan<- *prometheus.Desc) {
	to <- up()
	for _, g := range c.counts {
		to <- g.desc
	}
}

// Collect implements [prometheus.Collector]. While the journal does not answer the other gauges are absent: nobody knows.
func (c *Census) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known {
		to <- prometheus.MustNewConstMetric(up(), prometheus.GaugeValue, 0)
		return
	}
	to <- prometheus.MustNewConstMetric(up(), prometheus.GaugeValue, 1)
	for _, g := range c.counts {
		to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.value(c.last))
	}
}
