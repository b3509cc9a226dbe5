package kv

// Stats is what a Store did since it was made, and what it holds.
type Stats struct {
	// MemoryHits and MemoryMisses count what was found in memory and what was not, the misses of Get only; SharedHits and SharedMisses
	// likewise in Redis.
	MemoryHits, MemoryMisses, SharedHits, SharedMisses uint64
	// Bytes is what the values in memory take, with their keys and bookkeeping; MaxBytes is their bound. Generations of tags have a bound
	// of their own, a seventh of it.
	Bytes, MaxBytes int64
	// Entries is how many values are in memory, nearly.
	Entries int
	// Dials counts the attempts to connect to Redis.
	Dials uint64
	// Away says that Redis is not reached; Pending, how many invalidations it has not been told.
	Away    bool
	Pending int
}

// Stats returns the figures of now.
func (s *Store) Stats() Stats {
	stats := Stats{
		MemoryHits:   s.counts.memoryHits.Load(),
		MemoryMisses: s.counts.memoryMisses.Load(),
		SharedHits:   s.counts.sharedHits.Load(),
		SharedMisses: s.counts.sharedMisses.Load(),
		Bytes:        s.memory.held.Load(),
		MaxBytes:     s.memory.max,
		Entries:      s.memory.entries.EstimatedSize(),
	}
	if s.shared != nil {
		stats.Dials = s.shared.link.Dials()
		stats.Away = s.shared.link.Away()
		stats.Pending = s.generations.waiting()
	}
	return stats
}

func (g *generations) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.pending)
}
