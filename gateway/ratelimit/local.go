package ratelimit

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"time"
)

// local counts in this process. It holds a fixed number of keys, in buckets like those of a processor's cache: where a bucket is full,
// the key that owes least makes room. A key that owes nothing is as good as absent, so that only more busy keys than there is room for
// make it forget, and then those first that had the most left. It allocates nothing after newLocal and starts nothing.
type local struct {
	seed   maphash.Seed // of this process: nobody outside can make keys collide
	epoch  time.Time
	mask   uint64 // of the buckets of one shard
	shards [shards]shard
}

const (
	shards = 64
	ways   = 16
)

type shard struct {
	mu      sync.Mutex
	buckets []bucket
	_       [64]byte // no two shards in one line of a processor's cache
}

// bucket is four lines of a processor's cache.
type bucket [ways]slot

// slot is a key's hash and what it owes (see Limit.take); 0 and 0 where it was never used.
type slot struct {
	hash uint64
	tat  int64
}

// newLocal makes a local for that many keys at least: 16 bytes each.
func newLocal(keys int) *local {
	buckets := max(1, (keys+shards*ways-1)/(shards*ways))
	size := uint64(1) << bits.Len(uint(buckets-1))
	l := &local{seed: maphash.MakeSeed(), epoch: time.Now(), mask: size - 1}
	for n := range l.shards {
		l.shards[n].buckets = make([]bucket, size)
	}
	return l
}

// take admits n of the key, or not.
func (l *local) take(key Key, limit Limit, n int) Decision {
	hash := l.hash(key)
	s := &l.shards[hash%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	now := l.now()
	at := s.find(hash, l.mask)
	tat, decision := limit.take(at.tat, now, n)
	at.tat = tat
	return decision
}

// adjust gives n back; a negative n is taken, as far as there is something left.
func (l *local) adjust(key Key, limit Limit, n int) {
	hash := l.hash(key)
	s := &l.shards[hash%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.find(hash, l.mask)
	at.tat = limit.adjust(at.tat, l.now(), n)
}

// find returns the key's slot, which may have been another's until now.
func (s *shard) find(hash, mask uint64) *slot {
	b := &s.buckets[hash/shards&mask]
	least := &b[0]
	for n := range b {
		if b[n].hash == hash {
			return &b[n]
		}
		if b[n].tat < least.tat {
			least = &b[n]
		}
	}
	*least = slot{hash: hash}
	return least
}

// now is monotonic.
func (l *local) now() int64 { return int64(time.Since(l.epoch)) }

func (l *local) hash(key Key) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, part := range [...]string{key.Rule, key.Issuer, key.Subject} {
		_, _ = h.WriteString(part) // never fails (its documentation)
		_ = h.WriteByte(0)
	}
	address := key.Address.As16()
	_, _ = h.Write(address[:])
	return h.Sum64()
}
