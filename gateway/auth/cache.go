package auth

import (
	"encoding/binary"
	"sync/atomic"
	"time"
)

// finding is what became of a token, for a while.
type finding struct {
	of fingerprint
	// caller is who it was; nil where it was refused, and refused says why.
	caller  *caller
	refused refusal
	// by are the keys of from that verified it: it counts no longer than they are those. Nil where no keys did.
	by   *keys
	from *keySet
	// until is when it stops to count, in nanoseconds since 1970.
	until int64
}

// good reports whether a finding still counts.
func (v *finding) good(now int64) bool {
	return now < v.until && (v.from == nil || v.from.known.Load() == v.by)
}

// ways is among how many places a finding can be.
const ways = 4

// findings are a bounded number of findings, each in one of a few places that its fingerprint names. Reading takes no lock; when all places are
// taken the finding that ends first gives way. Whoever fills it on purpose costs others a signature, no more.
type findings struct{ places []atomic.Pointer[finding] }

// newFindings has room for about so many, or for none.
func newFindings(entries int) *findings {
	return &findings{make([]atomic.Pointer[finding], (entries+ways-1)/ways*ways)}
}

// find returns the finding on a token; nil where there is none that counts.
func (v *findings) find(of *fingerprint, now time.Time) *finding {
	set := v.set(of)
	for n := range set {
		if found := set[n].Load(); found != nil && found.of == *of && found.good(now.UnixNano()) {
			return found
		}
	}
	return nil
}

// add keeps a finding, in the place of its predecessor, of one that counts no longer, or of the one that ends first.
func (v *findings) add(added *finding, now time.Time) {
	set := v.set(&added.of)
	if len(set) == 0 || added.until <= now.UnixNano() {
		return
	}
	victim, ends := 0, int64(0)
	for n := range set {
		switch held := set[n].Load(); {
		case held == nil, held.of == added.of, !held.good(now.UnixNano()):
			set[n].Store(added)
			return
		case n == 0 || held.until < ends:
			victim, ends = n, held.until
		}
	}
	set[victim].Store(added)
}

// set are the places of a fingerprint.
func (v *findings) set(of *fingerprint) []atomic.Pointer[finding] {
	if len(v.places) == 0 {
		return nil
	}
	first := binary.BigEndian.Uint64(of[:]) % uint64(len(v.places)/ways) * ways
	return v.places[first : first+ways]
}
