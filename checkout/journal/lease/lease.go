// Package lease keeps an owner alive in the eyes of those it shares a journal with, and keeps the owner from what only the living may
// do: take on new work, and take over that of others.
//
//	Lease   beats, and knows how it stands      lease.go
//	Guard   a journal.Store that asks it first  guard.go
package lease

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tiffin/checkout/journal"
	"tiffin/fault"
)

// Config is how long an owner may be silent.
type Config struct {
	// TTL is after how long without a beat the others take an owner for gone [10s]. It beats each quarter of it.
	TTL time.Duration `yaml:"ttl"`
}

// Defaults outlive a long pause of the garbage collector and of the network, not a customer's patience.
func Defaults() Config { return Config{TTL: 10 * time.Second} }

// Validate reports all that is wrong.
func (c Config) Validate() []fault.Invalid {
	if c.TTL < time.Second || c.TTL > 5*time.Minute {
		return []fault.Invalid{{Path: "ttl", Reason: "is out of range", Remedy: "give a duration from 1s to 5m, the same for all gateways"}}
	}
	return nil
}

// Deps are the collaborators.
type Deps struct {
	// Owner is whose lease it is: the name that its rows carry.
	Owner string
	// Leases are the store's.
	Leases journal.Leases
	// OnError hears of a beat that failed, from Run's goroutine; nil for nobody.
	OnError func(context.Context, error)
}

// Lease is one owner's. It is safe for concurrent use.
//
// It knows by its own clock how long the store counts the owner as alive at least: a beat counts from when it was sent. So it is
// right about itself also where the store does not answer, and after the process was stopped for a while.
type Lease struct {
	cfg  Config
	deps Deps

	mu sync.Mutex
	// until is when the lease lapses; zero before the first beat.
	until time.Time
	// calm is from when the rows of others may be claimed; see Calm.
	calm time.Time
	// doubted: the last beat failed.
	doubted bool
}

// New returns the lease of an owner that has not beaten yet.
func New(cfg Config, deps Deps) *Lease {
	if deps.OnError == nil {
		deps.OnError = func(context.Context, error) {}
	}
	return &Lease{cfg: cfg, deps: deps}
}

// Run beats at once and then each quarter of the TTL until ctx ends; it returns nil. The lease goes on until it lapses or is released:
// let Run go on while what is under way comes to its end.
func (l *Lease) Run(ctx context.Context) error {
	ticker := time.NewTicker(l.cfg.TTL / 4)
	defer ticker.Stop()
	for {
		if err := l.Beat(ctx); err != nil && ctx.Err() == nil {
			l.deps.OnError(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Beat renews the lease once, within a quarter of the TTL. Run calls it; so may a program that wants the lease before it says it is
// ready.
func (l *Lease) Beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.TTL/4)
	defer cancel()
	sent := time.Now()
	err := l.deps.Leases.Beat(ctx, l.deps.Owner, l.cfg.TTL)
	l.note(sent, err == nil)
	if err != nil {
		return fmt.Errorf("lease: beat: %w", err)
	}
	return nil
}

// Doubt notes that the store was found out of reach by somebody else than a beat: the others' leases may lapse meanwhile.
func (l *Lease) Doubt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doubted = true
}

// note keeps the outcome of a beat. Where the store was out of reach, or this process stood still, the others' leases may have lapsed
// as ours did: they get a TTL to renew them before their rows are claimed, else the first one back would fence all the others.
func (l *Lease) note(sent time.Time, beaten bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !beaten {
		l.doubted = true
		return
	}
	if lapsed := !l.until.IsZero() && !sent.Before(l.until); lapsed || l.doubted {
		l.calm = time.Now().Add(l.cfg.TTL)
	}
	l.doubted = false
	l.until = sent.Add(l.cfg.TTL)
}

// Held reports whether the store counts the owner as alive, as far as the owner knows. Who does not hold its lease takes on no new
// work.
func (l *Lease) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.until)
}

// Calm reports whether the rows of owners whose leases lapsed may be claimed: the lease is held, and the store was there for a TTL, or
// from the beginning.
func (l *Lease) Calm() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	return now.Before(l.until) && !l.doubted && !now.Before(l.calm)
}

// Release gives the lease back, so that others go on with what is left at once. Call it when Run has returned and nothing is driven
// any more.
func (l *Lease) Release(ctx context.Context) error {
	l.mu.Lock()
	l.until = time.Time{}
	l.mu.Unlock()
	if err := l.deps.Leases.Release(ctx, l.deps.Owner); err != nil {
		return fmt.Errorf("lease: release: %w", err)
	}
	return nil
}
