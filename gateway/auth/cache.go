package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// digest stands for a credential, which is not kept itself. It is the whole of what a credential is told by, so that it has to be one for
// which nobody can find two that are the same.
type digest [sha256.Size]byte

func digestOf(credential string) digest {
	var room [2 << 10]byte // on the stack, and as much as most tokens need; a longer one is copied to the heap
	return sha256.Sum256(append(room[:0], credential...))
}

// finding is what became of a credential, for a while.
type finding struct {
	digest digest
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

// findings are a bounded number of findings, each in one of a few places that its digest names. Reading takes no lock; when all places are
// taken the finding that ends first gives way. Whoever fills it on purpose costs others a signature, no more.
type findings struct{ places []atomic.Pointer[finding] }

// newFindings has room for about so many, or for none.
func newFindings(entries int) *findings {
	return &findings{make([]atomic.Pointer[finding], (entries+ways-1)/ways*ways)}
}

// find returns the finding on a credential; nil where there is none that counts.
func (v *findings) find(d *digest, now time.Time) *finding {
	set := v.set(d)
	for n := range set {
		if found := set[n].Load(); found != nil && found.digest == *d && found.good(now.UnixNano()) {
			return found
		}
	}
	return nil
}

// add keeps a finding, in the place of its predecessor, of one that counts no longer, or of the one that ends first.
func (v *findings) add(added *finding, now time.Time) {
	set := v.set(&added.digest)
	if len(set) == 0 || added.until <= now.UnixNano() {
		return
	}
	victim, ends := 0, int64(0)
	for n := range set {
		switch held := set[n].Load(); {
		case held == nil, held.digest == added.digest, !held.good(now.UnixNano()):
			set[n].Store(added)
			return
		case n == 0 || held.until < ends:
			victim, ends = n, held.until
		}
	}
	set[victim].Store(added)
}

// set are the places of a digest.
func (v *findings) set(d *digest) []atomic.Pointer[finding] {
	if len(v.places) == 0 {
		return nil
	}
	first := binary.BigEndian.Uint64(d[:]) % uint64(len(v.places)/ways) * ways
	return v.places[first : first+ways]
}
