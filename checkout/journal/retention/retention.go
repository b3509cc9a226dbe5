// Package retention lets closed rows leave a journal when their time is over, in batches, so that no transaction is long.
package retention

import (
	"context"
	"fmt"
	"time"

	"tiffin/checkout/journal"
	"tiffin/fault"
)

// Config is what is kept.
type Config struct {
	// KeepFor is how long a closed row is kept, and with it the answer to a repeat of its key [720h, 30 days].
	KeepFor time.Duration `yaml:"keep_for"`
	// Every is how often rows leave [10m].
	Every time.Duration `yaml:"every"`
	// Batch is how many are deleted in one transaction [500].
	Batch int `yaml:"batch"`
}

// Defaults keep an answer for longer than any client repeats.
func Defaults() Config {
	return Config{KeepFor: 30 * 24 * time.Hour, Every: 10 * time.Minute, Batch: 500}
}

// Validate reports all that is wrong.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	refuse := func(path, remedy string) {
		problems = append(problems, fault.Invalid{Path: path, Reason: "is out of range", Remedy: remedy})
	}
	if c.KeepFor < 24*time.Hour {
		refuse("keep_for", "give at least 24h: a phone may repeat an order when it is back from a dead spot the next day")
	}
	if c.Every < time.Second || c.Every > 24*time.Hour {
		refuse("every", "give a duration from 1s to 24h")
	}
	if c.Batch < 1 || c.Batch > 10_000 {
		refuse("batch", "give a number from 1 to 10000")
	}
	return problems
}

// Deps are the collaborators.
type Deps struct {
	// Keeper is the journal.
	Keeper journal.Keeper
	// OnError hears of a batch that failed; the next round tries again. Nil for nobody.
	OnError func(context.Context, error)
	// OnExpired hears how many rows left in a round, if any did. Nil for nobody.
	OnExpired func(context.Context, int)
}

// Retention is the caretaker.
type Retention struct {
	cfg  Config
	deps Deps
}

// New returns a caretaker that waits for Run.
func New(cfg Config, deps Deps) *Retention {
	if deps.OnError == nil {
		deps.OnError = func(context.Context, error) {}
	}
	if deps.OnExpired == nil {
		deps.OnExpired = func(context.Context, int) {}
	}
	return &Retention{cfg: cfg, deps: deps}
}

// Run lets rows leave, at once and then every Config.Every, until ctx ends; it returns nil. Any number of gateways may do so at once.
func (r *Retention) Run(ctx context.Context) error {
	ticker := time.NewTicker(r.cfg.Every)
	defer ticker.Stop()
	for {
		expired, err := r.round(ctx)
		if err != nil && ctx.Err() == nil {
			r.deps.OnError(ctx, err)
		}
		if expired > 0 {
			r.deps.OnExpired(ctx, expired)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// round deletes batch by batch until one is not full.
func (r *Retention) round(ctx context.Context) (expired int, err error) {
	for {
		n, err := r.deps.Keeper.Expire(ctx, r.cfg.KeepFor, r.cfg.Batch)
		expired += n
		if err != nil {
			return expired, fmt.Errorf("retention: %w", err)
		}
		if n < r.cfg.Batch {
			return expired, nil
		}
	}
}
