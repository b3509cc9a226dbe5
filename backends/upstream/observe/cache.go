package observe

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tiffin/backends/upstream/call"
)

// Words of call.Cache.Status. Those of cacheWords, which are package cache's, have a series of their own; every other one counts as "other".
const (
	hit          = "hit"
	stale        = "stale"
	staleOnError = "stale_error"
	other        = "other"
)

func cacheWords() []string {
	return []string{hit, stale, staleOnError, "revalidated", "coalesced", "miss", "bypass", other}
}

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
	case stale, staleOnError:
		c.stale.Add(1)
		c.age.Observe(current.Cache.Age.Seconds())
	}
	counter, known := c.words[current.Cache.Status]
	if !known {
		counter = c.words[other]
	}
	counter.Inc()
}

// Stale is told of each stale answer that was served: the route's path, the answer's age, and the error because of which. While a service
// fails its stale answers are one line now and then; those that are served while a fresh one is fetched are for looking closely.
func (s *Service) Stale(path string, age time.Duration, because error) {
	if s == nil {
		return
	}
	attrs := []slog.Attr{slog.String("route", path), slog.Duration("age", age)}
	if because == nil {
		s.log(slog.LevelDebug, "stale answer served while it is refreshed", attrs...)
		return
	}
	if skipped, told := s.staleLog.pass(); told {
		attrs = append(attrs, slog.String("error", because.Error()), slog.Int("not_told", skipped))
		s.log(slog.LevelWarn, "stale answers served: the service fails", attrs...)
	}
}

// CacheCounts returns the counts; they may be of slightly different moments. A nil Service has none.
func (s *Service) CacheCounts() CacheCounts {
	if s == nil {
		return CacheCounts{}
	}
	return CacheCounts{Hits: s.cache.hits.Load(), Stale: s.cache.stale.Load(), Calls: s.cache.calls.Load()}
}
