package checkout

import (
	"context"
	"errors"
	"time"

	"tiffin/fault"
)

// effect is what a second call does that a service takes for another one.
type effect int

const (
	// reads changes nothing.
	reads effect = iota
	// byReference finds what the first call did, by our id: an order, a reservation, a delivery, an undo, a refund of all that is left.
	byReference
	// pays may hold or take money again.
	pays
)

// look finds out by inquiry whether a step took effect. An error is a definite no, or means "don't know".
type look func(ctx context.Context) (done bool, err error)

// sending is what this process knows of the calls of one step, under the key in use: when the first one began, and the last one ended.
type sending struct{ first, last time.Time }

// Why a step is not sent. All of them mean "don't know".
var (
	errMayStillArrive = errors.New("nothing is held, but an earlier call may still arrive")
	errAtMostOnce     = errors.New("sent once, and the service can neither be asked nor be called again: an operator must resolve it")
)

// attempt brings a step forward by one call: the step's, or where that is not safe to repeat the inquiry that decides whether it is.
//
//	first call                                     → call
//	the service knows the key, and saves no errors → the same call, the same key
//	inquiry says done, or refused                  → that is the answer
//	inquiry says absent                            → the call, with the next key; money only when no earlier call can still arrive
//	no inquiry, safe by reference                  → the call, with the next key
//	no inquiry, money, key still known             → the same call, the same key: the saved answer, whatever it is
//	no inquiry, money                              → nothing: sent at most once
func (s *saga) attempt(ctx context.Context, step step) error {
	promises := s.flow.cfg.Promises.of(step.service)
	before := s.sent[step.name]
	switch {
	case step.effect == reads || before == nil && !s.resumed:
	case s.keyKnown(promises, before) && !promises.ReplaysErrors:
	case step.look != nil && promises.Inquiry:
		done, err := step.look(ctx)
		if done || err != nil {
			return err
		}
		return s.sendAgain(ctx, step, promises)
	case step.effect == byReference:
		s.retire(step.name) // not persisted: at worst the key's saved error comes back once more
		delete(s.sent, step.name)
	case s.keyKnown(promises, before):
	default:
		return errAtMostOnce
	}
	return s.send(ctx, step)
}

// sendAgain calls a step that inquiry knows nothing of, with a key that was never used.
func (s *saga) sendAgain(ctx context.Context, step step, promises Promises) error {
	last := s.took
	if before := s.sent[step.name]; before != nil {
		last = before.last
	}
	if step.effect == pays && s.flow.now().Before(last.Add(promises.MaxInFlight)) {
		return errMayStillArrive
	}
	s.retire(step.name)
	if err := s.keep(ctx); err != nil {
		return err
	}
	delete(s.sent, step.name)
	return s.send(ctx, step)
}

// send makes the step's call, under its key, and notes from when to when.
func (s *saga) send(ctx context.Context, step step) error {
	if s.sent[step.name] == nil {
		s.sent[step.name] = &sending{first: s.flow.now()}
	}
	key := ""
	if s.flow.cfg.Promises.of(step.service).KeyTTL > 0 {
		key = s.key(step.name)
	}
	err := step.call(ctx, key)
	s.sent[step.name].last = s.flow.now() // what is below may have repeated it until now
	if step.effect != reads && !s.answered(err) {
		s.doubts(step.service)
	}
	return err
}

// answered reports whether the call has come to its end, so that it can take no effect later.
func (s *saga) answered(err error) bool {
	_, refused := fault.AsRefused(err)
	return err == nil || refused || errors.Is(err, errAwaitCustomer) || errors.Is(err, errSearching)
}

// clockMargin is what a key's age may be short of by clocks: the journal's, if it is set back or fails over to another one while an order
// is open, and the service's, if it is set forward.
const clockMargin = time.Minute

// keyKnown reports whether the service still knows the step's key when a call made now arrives. Where the key may have been used before
// this process took the order up, it may be as old as the order.
//
// A known key that is taken for forgotten costs time, or an operator: inquiry decides, or nobody. A forgotten key that is taken for known
// costs money: the service does again what it did. So an age is never the difference of two clocks, of which one may be behind, and is
// rather too high: the row's, when it was handed to us, by the journal's clock, and the time since we asked for it by ours.
func (s *saga) keyKnown(p Promises, before *sending) bool {
	if before != nil && !s.resumed {
		return s.flow.since(before.first)+s.flow.cfg.CallTimeout+clockMargin < p.KeyTTL
	}
	aged := s.row.Updated.Sub(s.row.Created)
	if aged < 0 { // the journal's clock was set back, nobody knows by how much
		return false
	}
	return aged+s.flow.since(s.asked)+s.flow.cfg.CallTimeout+clockMargin < p.KeyTTL
}

// since is how long ago that was, rather too long: by the clock that nobody sets, or by the one on the wall where that one says longer,
// for the first stands still while the machine sleeps.
func (f *Flow) since(then time.Time) time.Duration {
	now := f.now()
	return max(now.Sub(then), now.Round(0).Sub(then.Round(0)))
}
