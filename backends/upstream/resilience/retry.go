package resilience

import (
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
func (p *Policies) Retry(next call.Position) call.Position {
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
	next     call.Position
}

func (r *retry) Do(t call.Trip) (*http.Response, error) {
	r.budget.Call(t.Now())
	req, err := rewindable(t.Request)
	if err != nil {
		return nil, err
	}
	t.Waited = t.Waited || req != t.Request // for a body that came slowly
	t.Request = req
	last := r.attempt(t, req, 1)
	if last.again {
		last = r.repeat(t, last)
	}
	return last.res, last.err
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
func (r *retry) repeat(t call.Trip, last try) try {
	number := 1
	_, err := r.executor.WithContext(t.Context).GetWithExecution(func(e failsafe.Execution[*try]) (*try, error) {
		if !e.IsFirstAttempt() {
			number++
			last = r.follow(t, last, number)
		}
		return &last, nil
	})
	if last.again && err != nil { // the context ended during the wait
		return try{err: fmt.Errorf("waiting for the next attempt: %w", err)}
	}
	return last
}

// follow makes the attempt of that number, after last.
func (r *retry) follow(t call.Trip, last try, number int) try {
	again, err := rewound(t.Request)
	if err != nil {
		return try{err: err}
	}
	t.Waited = true
	next := r.attempt(t, again, number)
	if errors.Is(next.err, ErrOpen) { // no instance is left: what the service said is better than that
		last.again = false
		return last
	}
	return next
}

// attempt sends req, t's from its start, and decides what is to follow.
func (r *retry) attempt(t call.Trip, req *http.Request, number int) try {
	res, err := r.send(t, req) //nolint:bodyclose // in memory
	made := try{res: res, err: err}
	if !r.due(t, made, number) {
		return made
	}
	made.wait = r.backoff(number) + retryAfter(res)
	if deadline, ok := t.Deadline(); ok && made.wait >= time.Until(deadline) {
		return made
	}
	if !r.budget.Take() {
		r.deps.Hooks.BudgetEmpty(t.Context)
		return made
	}
	made.again = true
	r.deps.Hooks.Retried(t.Context, Repeat{Number: number, Wait: made.wait, Status: status(res), Err: err})
	return made
}

// due reports whether the attempt of that number is one to be repeated.
func (r *retry) due(t call.Trip, made try, number int) bool {
	return r.deps.transient(made.res, made.err) && t.Call.Repeatable() &&
		number <= r.cfg.operation(t.Call.Kind()).Retries && t.Context.Err() == nil
}

func status(res *http.Response) int {
	if res == nil {
		return 0
	}
	return res.StatusCode
}

// send sends req, and t's again from its start as long as open breakers refuse it and balance finds instances that the call has not tried.
func (r *retry) send(t call.Trip, req *http.Request) (*http.Response, error) {
	out := t
	out.Request = req
	res, err := r.next.Do(out)
	for range maxDetours {
		if err == nil || !errors.Is(err, ErrOpen) || !elsewhere(t.Call) {
			break
		}
		again, rewindErr := rewound(t.Request)
		if rewindErr != nil {
			return nil, rewindErr
		}
		out.Request = again
		res, err = r.next.Do(out)
	}
	return res, err
}

// elsewhere reports whether balance found a new instance last time: when it comes back to one, all have been tried.
func elsewhere(c *call.Call) bool {
	tried := c.Tried()
	last := len(tried) - 1
	return last >= 0 && !slices.Contains(tried[:last], tried[last])
}

// backoff is full jitter: random between 0 and base × 2^(number-1).
func (r *retry) backoff(number int) time.Duration {
	most := min(r.cfg.Retry.Backoff<<(number-1), maxBackoff)
	return time.Duration(r.deps.Random() * float64(most))
}
