package cache

import "sync/atomic"

// Stats is what a Cache did since it was made, in numbers of calls.
type Stats struct {
	// Hits were answered fresh, from memory or from Redis.
	Hits uint64
	// Stale were answered stale while the answer was refreshed, StaleOnError because the fill failed.
	Stale, StaleOnError uint64
	// Fills are the requests that went to the service for the cache, refreshes included; Revalidated those of them that ended in a 304.
	Fills, Revalidated uint64
	// Coalesced waited for the fill of another call.
	Coalesced uint64
	// Bypassed were not for this cache, Failures got an error.
	Bypassed, Failures uint64
	// Refreshing is how many refreshes are under way now.
	Refreshing int
}

type counters struct {
	hits, stale, staleOnError, fills, revalidated, coalesced, bypassed, failures atomic.Uint64
}

// Stats returns the figures of now.
func (c *Cache) Stats() Stats {
	return Stats{
		Hits:         c.counters.hits.Load(),
		Stale:        c.counters.stale.Load(),
		StaleOnError: c.counters.staleOnError.Load(),
		Fills:        c.counters.fills.Load(),
		Revalidated:  c.counters.revalidated.Load(),
		Coalesced:    c.counters.coalesced.Load(),
		Bypassed:     c.counters.bypassed.Load(),
		Failures:     c.counters.failures.Load(),
		Refreshing:   len(c.refreshing),
	}
}
