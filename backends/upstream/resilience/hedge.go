package resilience

import (
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
func (p *Policies) Hedge(next http.RoundTripper) http.RoundTripper {
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
	next     http.RoundTripper
}

// racer is an attempt that came to its end, or was not started.
type racer struct {
	res *http.Response
	err error
	// final says that the race is over.
	final bool
}

func (h *hedge) RoundTrip(req *http.Request) (*http.Response, error) {
	if call.From(req.Context()).Kind() != call.Read {
		return h.next.RoundTrip(req)
	}
	req, err := rewindable(req)
	if err != nil {
		return nil, err
	}
	running := new(atomic.Int32)
	won, err := h.executor.WithContext(req.Context()).GetWithExecution(func(e failsafe.Execution[*racer]) (*racer, error) { // the execution has it
		return h.race(e, req, running), nil
	})
	if err != nil { // the request's context ended
		return nil, fmt.Errorf("waiting for the attempts: %w", err)
	}
	return won.res, won.err
}

// race makes one of the attempts. The library waits for the other one if the result is not final, or starts it after the delay.
func (h *hedge) race(e failsafe.Execution[*racer], req *http.Request, running *atomic.Int32) (r *racer) {
	defer func() {
		if value := recover(); value != nil { // on this goroutine it would end the process
			r = &racer{err: &PanicError{value, debug.Stack()}, final: true}
		}
	}()
	if e.IsHedge() && !h.allowed(req) {
		return &racer{}
	}
	running.Add(1)
	res, err := h.send(e, req) //nolint:bodyclose // in memory
	alone := running.Add(-1) == 0
	return &racer{res, err, alone || !h.deps.transient(res, err)}
}

// allowed asks the budget for an attempt beside the first.
func (h *hedge) allowed(req *http.Request) bool {
	if !h.budget.Take() {
		h.deps.Hooks.BudgetEmpty(req)
		return false
	}
	h.deps.Hooks.Hedged(req)
	return true
}

func (h *hedge) send(e failsafe.Execution[*racer], req *http.Request) (*http.Response, error) {
	out, err := rewound(req)
	if err != nil {
		return nil, err
	}
	return h.next.RoundTrip(out.WithContext(e.Context()))
}
