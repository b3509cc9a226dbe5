package resilience

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"tiffin/backends/upstream/call"
)

const (
	// maxBackoff bounds the wait before a retry where the service names none.
	maxBackoff = time.Second
	// maxDetours bounds how often one attempt is taken elsewhere because of an open breaker.
	maxDetours = 10
)

// Retry returns the position that repeats calls; the package comment says which, and after what. Each repetition is one that balance
// sends to another instance if there is one.
//
// It waits as [RetryConfig] says, and what a Retry-After asks for on top. When that does not end before the deadline, or the budget is
// empty, the call ends at once with the answer, or error, of the last attempt.
//
// An attempt that an open breaker refused ([ErrOpen]) is made again at once, elsewhere, whatever the call's kind: nothing was sent. This
// counts neither as retry nor against the budget. It ends with ErrOpen, or the answer of the attempt before, when the breakers of all
// instances are open.
//
// A request whose body cannot be rewound is read into memory first, 4 MiB at most.
func (p *Policies) Retry(next http.RoundTripper) http.RoundTripper {
	policy := retrypolicy.NewBuilder[*try]().
		HandleIf(func(t *try, _ error) bool { return t.again }).
		WithDelayFunc(func(e failsafe.ExecutionAttempt[*try]) time.Duration { return e.LastResult().wait }).
		WithMaxRetries(maxRetries). // a bound; try.again knows the operation's
		ReturnLastFailure().
		Build()
	return &retry{p.cfg, p.deps, p.budget, failsafe.With(policy), next}
}

type retry struct {
	cfg      Config
	deps     Deps
	budget   *Budget
	executor failsafe.Executor[*try]
	next     http.RoundTripper
}

func (r *retry) RoundTrip(req *http.Request) (*http.Response, error) {
	r.budget.Call()
	req, err := rewindable(req)
	if err != nil {
		return nil, err
	}
	t := r.attempt(req, req, 1)
	if t.again {
		t = r.repeat(req, t)
	}
	return t.res, t.err
}

// try is an attempt that ended.
type try struct {
	res *http.Response
	err error
	// again says that another is to follow, after wait.
	again bool
	wait  time.Duration
}

// repeat makes further attempts while the last says so. The executor's own first is the one that was made already.
func (r *retry) repeat(req *http.Request, last try) try {
	number := 1
	_, err := r.executor.WithContext(req.Context()).GetWithExecution(func(e failsafe.Execution[*try]) (*try, error) {
		if !e.IsFirstAttempt() {
			number++
			last = r.follow(req, last, number)
		}
		return &last, nil
	})
	if last.again && err != nil { // the context ended during the wait
		return try{err: fmt.Errorf("waiting for the next attempt: %w", err)}
	}
	return last
}

// follow makes the attempt of that number, after last.
func (r *retry) follow(req *http.Request, last try, number int) try {
	out, err := rewound(req)
	if err != nil {
		return try{err: err}
	}
	t := r.attempt(req, out, number)
	if errors.Is(t.err, ErrOpen) { // no instance is left: what the service said is better than that
		last.again = false
		return last
	}
	return t
}

// attempt sends out, the request from its start, and decides what is to follow.
func (r *retry) attempt(req, out *http.Request, number int) try {
	res, err := r.send(req, out) //nolint:bodyclose // in memory
	t := try{res: res, err: err}
	if !r.due(req.Context(), t, number) {
		return t
	}
	t.wait = r.backoff(number) + retryAfter(res)
	if deadline, ok := call.Deadline(req.Context()); ok && t.wait >= time.Until(deadline) {
		return t
	}
	if !r.budget.Take() {
		r.deps.Hooks.BudgetEmpty(req)
		return t
	}
	t.again = true
	r.deps.Hooks.Retried(req, Repeat{Number: number, Wait: t.wait, Status: status(res), Err: err})
	return t
}

// due reports whether t, the attempt of that number, is one to be repeated.
func (r *retry) due(ctx context.Context, t try, number int) bool {
	current := call.From(ctx)
	return r.deps.transient(t.res, t.err) && current.Repeatable() &&
		number <= r.cfg.operation(current.Kind()).Retries && ctx.Err() == nil
}

func status(res *http.Response) int {
	if res == nil {
		return 0
	}
	return res.StatusCode
}

// send sends out, and again as long as open breakers refuse it and balance finds instances that the call has not tried.
func (r *retry) send(req, out *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(out)
	for range maxDetours {
		if !errors.Is(err, ErrOpen) || !elsewhere(req.Context()) {
			break
		}
		again, rewindErr := rewound(req)
		if rewindErr != nil {
			return nil, rewindErr
		}
		res, err = r.next.RoundTrip(again)
	}
	return res, err
}

// elsewhere reports whether balance found a new instance last time: when it comes back to one, all have been tried.
func elsewhere(ctx context.Context) bool {
	tried := call.From(ctx).Tried()
	last := len(tried) - 1
	return last >= 0 && !slices.Contains(tried[:last], tried[last])
}

// backoff is full jitter: random between 0 and base × 2^(number-1).
func (r *retry) backoff(number int) time.Duration {
	most := min(r.cfg.Retry.Backoff<<(number-1), maxBackoff)
	return time.Duration(r.deps.Random() * float64(most))
}
