package balance

import (
	"context"
	"errors"
	"net/http"

	"tiffin/backends/upstream/call"
)

// PositionDeps are the collaborators of a Position.
type PositionDeps struct {
	Set *Set
	// Next carries an attempt to the instance of the trip. It returns when the exchange is over, the reading of the body included: until then
	// the attempt is in flight.
	Next call.Position
	// Observe is told how each attempt ended, after the Set; it may be nil.
	Observe func(*Instance, Outcome)
}

// Position is the position of the client chain that gives each attempt its instance: one that the call has not tried if there is one.
//
// An attempt fails its instance where Next returns an error, be it a deadline's, or the status is 5xx but 501. It does not where its
// context was cancelled: then the caller left, or another attempt won; nor where this process was late itself ([call.ErrLate]), nor where
// nothing was sent ([call.ErrNotSent]). A panic of Next counts as failure and goes on.
type Position struct {
	target call.Target
	deps   PositionDeps
}

// NewPosition returns a Position.
func NewPosition(target call.Target, deps PositionDeps) *Position {
	if deps.Observe == nil {
		deps.Observe = func(*Instance, Outcome) {}
	}
	return &Position{target, deps}
}

// Do implements [call.Position]. Its own error is ErrNoInstance, with nothing sent; others are those of Next, as they are.
func (p *Position) Do(t call.Trip) (*http.Response, error) {
	now := t.Now()
	lease, err := p.deps.Set.pick(t.Call.Tried(), p.deps.Set.key(t), now.Sub(p.deps.Set.epoch))
	if err != nil {
		t.CloseBody()
		return nil, err
	}
	t.Attempt = t.Call.Begin(call.Attempt{Addr: lease.addr, Target: &p.target, Began: now})
	outcome := Failure
	defer func() {
		lease.end(outcome, t.Attempt.Elapsed())
		p.deps.Observe(lease.Instance, outcome)
	}()
	res, err := p.deps.Next.Do(t)
	outcome = judgeAttempt(t.Context, res, err)
	return res, err
}

func judgeAttempt(ctx context.Context, res *http.Response, err error) Outcome {
	switch {
	case err == nil && (res.StatusCode < 500 || res.StatusCode == http.StatusNotImplemented):
		return Success
	case err == nil:
		return Failure
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, call.ErrLate):
		return Cancelled
	case errors.Is(err, call.ErrNotSent):
		return NotSent
	}
	return Failure
}

// key is what ring_hash places the request by; other policies need none.
func (s *Set) key(t call.Trip) uint64 {
	if s.cfg.Policy != ringHash {
		return 0
	}
	if s.cfg.HashHeader != "" {
		if value := t.Header.Get(s.cfg.HashHeader); value != "" {
			return hash(value)
		}
	}
	return hash(t.Request.URL.Path, "?", t.Request.URL.RawQuery)
}

var _ call.Position = (*Position)(nil)
