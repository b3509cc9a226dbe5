package resilience

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"tiffin/backends/upstream/call"
)

// Deps are the collaborators of Policies; each may be left out.
type Deps struct {
	// Retryable tells an answer that stands for a failure which a repeat can mend, although its status does not say so: a fault marked
	// retryable under 200, for instance. It is called with answers in memory, and looks at their bodies with [body.Peek].
	Retryable func(*http.Response) bool
	// Random is uniform in [0, 1), for jitter; safe for concurrent use.
	Random func() float64
	Hooks  Hooks
}

// Hooks are told what the positions decided, of the call whose context it is. They are called on the call's own goroutine, so they are
// quick; several may be called at once. Each may be nil.
type Hooks struct {
	// Refused: the bulkhead had no place, not even to wait.
	Refused func(context.Context)
	// Retried: the call is going to be repeated.
	Retried func(context.Context, Repeat)
	// Hedged: a second attempt starts beside the first.
	Hedged func(context.Context)
	// BudgetEmpty: a retry or a hedge was due, and there was no budget for it.
	BudgetEmpty func(context.Context)
	// BreakerChanged: the breaker of the instance has a new state.
	BreakerChanged func(addr string, state State)
}

// Repeat is why and when a call is repeated.
type Repeat struct {
	// Number is that of the retry: 1, 2, …
	Number int
	// Wait is how long the call waits before.
	Wait time.Duration
	// Status is that of the answer, 0 where there was none; then Err says why.
	Status int
	Err    error
}

// withDefaults has no nil in it.
func (d Deps) withDefaults() Deps {
	if d.Retryable == nil {
		d.Retryable = func(*http.Response) bool { return false }
	}
	if d.Random == nil {
		d.Random = rand.Float64
	}
	if d.Hooks.Refused == nil {
		d.Hooks.Refused = func(context.Context) {}
	}
	if d.Hooks.Retried == nil {
		d.Hooks.Retried = func(context.Context, Repeat) {}
	}
	if d.Hooks.Hedged == nil {
		d.Hooks.Hedged = func(context.Context) {}
	}
	if d.Hooks.BudgetEmpty == nil {
		d.Hooks.BudgetEmpty = func(context.Context) {}
	}
	if d.Hooks.BreakerChanged == nil {
		d.Hooks.BreakerChanged = func(string, State) {}
	}
	return d
}

// Policies makes the positions for one service and holds what they share: the places of the bulkhead, the budget, the breakers. It is
// safe for concurrent use, and so are the positions. The positions of a chain come from one Policies, each once.
type Policies struct {
	cfg      Config
	deps     Deps
	whole    wholeTimes
	timeouts *timeouts
	budget   *Budget
	places   *places
	breakers *breakers
}

// New returns Policies, or all of [Config.Validate]'s problems in one error. It starts nothing.
func New(cfg Config, deps Deps) (*Policies, error) {
	var problems []error
	for _, problem := range cfg.Validate() {
		problems = append(problems, problem)
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	cfg.DeadlineHeader = http.CanonicalHeaderKey(cfg.DeadlineHeader)
	deps = deps.withDefaults()
	return &Policies{
		cfg: cfg, deps: deps, whole: newWholeTimes(cfg), timeouts: newTimeouts(cfg),
		budget:   NewBudget(cfg.Retry.Budget, cfg.Retry.MinPerSecond),
		places:   newPlaces(cfg.Bulkhead),
		breakers: newBreakers(cfg.Breaker, deps.Hooks.BreakerChanged),
	}, nil
}

// operation is what bounds the calls of a kind.
func (c Config) operation(kind call.Kind) Operation {
	switch kind {
	case call.Read:
		return c.Reads
	case call.KeyedWrite:
		return c.KeyedWrites
	case call.Write:
	}
	return c.Writes
}

// Status is what an operator wants to know of the Policies.
type Status struct {
	// InFlight and Waiting are calls inside of the bulkhead, and before it.
	InFlight, Waiting int
	// Budget is how many retries or hedges are allowed right now.
	Budget int
	// Breakers has the state of the breaker of each instance that was spoken to, by address.
	Breakers map[string]State
}

// Status is a snapshot; its numbers belong together only when nothing is going on.
func (p *Policies) Status() Status {
	return Status{
		InFlight: p.places.taken(), Waiting: p.places.waiting(),
		Budget: p.budget.Left(), Breakers: p.breakers.states(),
	}
}

// Keep forgets the breakers of all instances but these. Whoever follows discovery calls it after a change; otherwise the breakers of
// instances that are gone stay for good. An instance that comes back starts with a closed one.
func (p *Policies) Keep(addrs []string) { p.breakers.keep(addrs) }
