package resilience

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync/atomic"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/hedgepolicy"

	"tiffin/backends/upstream/call"
)

// How the delay follows a quantile of what reads took.
const (
	// quantileMemory is how many reads it remembers, roughly.
	quantileMemory = 200
	// quantileLeast is how many there must have been before anything is hedged.
	quantileLeast = 20
)

// Hedge returns the position that starts a second attempt at a read when the first is slow, within the budget; next itself where hedging
// is off. The first good answer wins and the other attempt is cancelled, which speaks against no instance. An attempt that fails while
// the other runs is not the end; one that fails alone is returned at once, so that Retry has its turn.
//
// Attempts run on goroutines of their own. A panic of next is returned as a [PanicError].
func (p *Policies) Hedge(next call.Position) call.Position {
	if p.cfg.Hedge.off() {
		return next
	}
	policy := builder(p.cfg.Hedge).CancelIf(func(r *racer, _ error) bool { return r.final }).Build()
	return &hedge{p.deps, p.budget, failsafe.With(policy), next}
}

func builder(cfg HedgeConfig) hedgepolicy.Builder[*racer] {
	if cfg.Quantile > 0 {
		return hedgepolicy.NewBuilderWithDelayQuantile[*racer](cfg.Quantile, quantileMemory, quantileLeast)
	}
	return hedgepolicy.NewBuilderWithDelay[*racer](cfg.Delay)
}

type hedge struct {
	deps     Deps
	budget   *Budget
	executor failsafe.Executor[*racer]
	next     call.Position
}

// racer is an attempt that came to its end, or was not started.
type racer struct {
	res *http.Response
	err error
	// final says that the race is over.
	final bool
}

func (h *hedge) Do(t call.Trip) (*http.Response, error) {
	if t.Call.Kind() != call.Read {
		return h.next.Do(t)
	}
	req, err := rewindable(t.Request)
	if err != nil {
		return nil, err
	}
	t.Request = req
	running := new(atomic.Int32)
	won, err := h.executor.WithContext(t.Context).GetWithExecution(func(e failsafe.Execution[*racer]) (*racer, error) { // the execution has it
		return h.race(e, t, running), nil
	})
	if err != nil { // the request's context ended
		return nil, fmt.Errorf("waiting for the attempts: %w", err)
	}
	return won.res, won.err
}

// race makes one of the attempts. The library waits for the other one if the result is not final, or starts it after the delay.
func (h *hedge) race(e failsafe.Execution[*racer], t call.Trip, running *atomic.Int32) (r *racer) {
	defer func() {
		if value := recover(); value != nil { // on this goroutine it would end the process
			r = &racer{err: &PanicError{value, debug.Stack()}, final: true}
		}
	}()
	if e.IsHedge() && !h.allowed(t.Context) {
		return &racer{}
	}
	running.Add(1)
	res, err := h.send(e, t) //nolint:bodyclose // in memory
	alone := running.Add(-1) == 0
	return &racer{res, err, alone || !h.deps.transient(res, err)}
}

// allowed asks the budget for an attempt beside the first.
func (h *hedge) allowed(ctx context.Context) bool {
	if !h.budget.Take() {
		h.deps.Hooks.BudgetEmpty(ctx)
		return false
	}
	h.deps.Hooks.Hedged(ctx)
	return true
}

func (h *hedge) send(e failsafe.Execution[*racer], t call.Trip) (*http.Response, error) {
	req, err := rewound(t.Request)
	if err != nil {
		return nil, err
	}
	t.Request, t.Context, t.Waited = req, e.Context(), true
	return h.next.Do(t)
}
