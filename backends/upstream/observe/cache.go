package observe

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"tiffin/backends/upstream/call"
)

// The words of call.Cache.Status that have a series of their own; every other one counts as "other".
const (
	hit   = "hit"
	stale = "stale"
	other = "other"
)

func cacheWords() []string { return []string{hit, "miss", "revalidated", stale, "bypass", other} }

// CacheCounts is how many calls the cache answered, since the start.
type CacheCounts struct {
	// Calls are those that the cache had a say in; Hits and Stale are the answers that it gave by itself, fresh and stale.
	Calls, Hits, Stale uint64
}

// cacheCounts counts what the cache did.
type cacheCounts struct {
	words              map[string]prometheus.Counter
	age                prometheus.Observer
	calls, hits, stale atomic.Uint64
}

func newCacheCounts(m *Metrics, service string) *cacheCounts {
	c := &cacheCounts{words: map[string]prometheus.Counter{}, age: m.stale.WithLabelValues(service)}
	for _, word := range cacheWords() {
		c.words[word] = m.cache.WithLabelValues(service, word)
	}
	return c
}

// note counts a call that has ended. One without a cache counts nothing.
func (c *cacheCounts) note(current *call.Call) {
	if current == nil || current.Cache.Status == "" {
		return
	}
	c.calls.Add(1)
	switch current.Cache.Status {
	case hit:
		c.hits.Add(1)
	case stale:
		c.stale.Add(1)
		c.age.Observe(current.Cache.Age.Seconds())
	}
	counter, known := c.words[current.Cache.Status]
	if !known {
		counter = c.words[other]
	}
	counter.Inc()
}

// CacheCounts returns the counts; they may be of slightly different moments. A nil Service has none.
func (s *Service) CacheCounts() CacheCounts {
	if s == nil {
		return CacheCounts{}
	}
	return CacheCounts{Hits: s.cache.hits.Load(), Stale: s.cache.stale.Load(), Calls: s.cache.calls.Load()}
}
