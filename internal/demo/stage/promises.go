package stage

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Kept is what a simulated service keeps of what its contract promises.
type Kept struct {
	// KeyTTLMS is how long a key is known, in milliseconds; 0: not at all, and none is needed; -1: for ever. A service that forgets keys
	// does again what it is asked again.
	KeyTTLMS int `json:"key_ttl_ms"`
	// ReplaysErrors: an answer of 500 is saved with its key.
	ReplaysErrors bool `json:"replays_errors"`
	// Inquiry: reads by reference tell what there is. Without it they know of nothing.
	Inquiry bool `json:"inquiry"`
	// Tombstones: what was undone stays undone. Without them a forward call that comes after its undo takes effect.
	Tombstones bool `json:"tombstones"`
	// FailWrites is how many of the next writes answer 500, without effect.
	FailWrites int `json:"fail_writes"`
}

// KeepAll is what the contracts promise.
func KeepAll() Kept { return Kept{KeyTTLMS: -1, Inquiry: true, Tombstones: true} }

// Check reports the first member that is out of range.
func (k Kept) Check() error {
	switch {
	case k.KeyTTLMS < -1 || k.KeyTTLMS > int(maxDelay.Milliseconds()):
		return &InvalidFault{"key_ttl_ms", fmt.Sprintf("-1 for ever, 0 for not at all, or up to %d", maxDelay.Milliseconds())}
	case k.FailWrites < 0 || k.FailWrites > maxFaults:
		return &InvalidFault{"fail_writes", fmt.Sprintf("0 to %d", maxFaults)}
	}
	return nil
}

// Promises are what a service keeps now. Nil keeps all. Safe for concurrent use.
type Promises struct {
	mu   sync.Mutex
	kept Kept
}

// NewPromises returns promises that are all kept.
func NewPromises() *Promises { return &Promises{kept: KeepAll()} }

// Set changes what is kept from now on.
func (p *Promises) Set(kept Kept) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = kept
}

// Kept is what is kept now.
func (p *Promises) Kept() Kept {
	if p == nil {
		return KeepAll()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept
}

// Forgets reports whether a request that was made before may be taken for a new one.
func (p *Promises) Forgets() bool { return p.Kept().KeyTTLMS >= 0 }

// fails takes one of the writes that are to fail.
func (p *Promises) fails() bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept.FailWrites == 0 {
		return false
	}
	p.kept.FailWrites--
	return true
}

// serve carries a write out, or fails it.
func (p *Promises) serve(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	if p.fails() {
		http.Error(w, "A write that fails.", http.StatusInternalServerError)
		return
	}
	next(w, r)
}

// forgotten reports whether a key that was first used then is not known any more.
func (p *Promises) forgotten(first time.Time) bool {
	ttl := p.Kept().KeyTTLMS
	return ttl >= 0 && time.Since(first) >= time.Duration(ttl)*time.Millisecond
}
