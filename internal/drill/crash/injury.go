//go:build unix

package crash

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// injury is one thing that is done to a gateway or its journal.
type injury func(ctx context.Context) error

// schedule is all that a drill does, in a random order.
func (d *drill) schedule() []injury {
	var all []injury
	for _, kind := range []struct {
		times  int
		injury injury
	}{
		{d.plan.Kills, d.kill}, {d.plan.Zombies, d.zombie}, {d.plan.Crashes, d.crash}, {d.plan.Losses, d.lose},
	} {
		for range kind.times {
			all = append(all, kind.injury)
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] }) //nolint:gosec // G404: chance is all it needs
	return all
}

const (
	// busyWithin is how long a moment is waited for in which a gateway has an open row.
	busyWithin = 10 * time.Second
	// adoptedWithin bounds how long the rows of a gateway that is dead, or as good as dead, stay with it.
	adoptedWithin = 30 * time.Second
	// progressWithin is how long customers are waited for after an injury.
	progressWithin = 20 * time.Second
	// glimpse is how often a condition is looked at.
	glimpse = 5 * time.Millisecond
)

// victim is some gateway, at a moment at which it has work.
func (d *drill) victim(ctx context.Context) int {
	n := rand.IntN(len(d.fleet.members)) //nolint:gosec // G404: chance is all it needs
	d.busy(ctx, n)
	return n
}

// busy waits for a moment at which a gateway has work.
func (d *drill) busy(ctx context.Context, n int) {
	d.until(ctx, busyWithin, func() bool {
		if d.ledger.live() {
			return d.driven(ctx, n) > 0
		}
		return d.crowd.waiting.Load() > 0
	})
	if !d.ledger.live() { // not always just after a customer came
		const most = 80 * time.Millisecond
		pause(ctx, rand.N(most)) //nolint:gosec // G404: chance is all it needs
	}
}

// driven counts the open rows of a gateway; none where the journal does not say.
func (d *drill) driven(ctx context.Context, n int) int {
	open, err := d.ledger.driven(ctx, d.fleet.members[n].owner)
	if err != nil {
		return 0
	}
	return open
}

// kill is kill -9. With two gateways the other one takes over, or, every other time, meets the dead one's successor while it does.
func (d *drill) kill(ctx context.Context) error {
	n := d.victim(ctx)
	if err := d.die(ctx, n); err != nil {
		return err
	}
	if d.ledger.live() && rand.IntN(2) == 0 { //nolint:gosec // G404: chance is all it needs
		d.adopted(ctx, n, "dead")
	}
	return d.recover(ctx)
}

// die kills a gateway, and counts whether it had an open row.
func (d *drill) die(ctx context.Context, n int) error {
	if err := d.fleet.kill(n); err != nil {
		return err
	}
	d.report.Kills++
	open, err := d.ledger.driven(ctx, d.fleet.members[n].owner)
	if open > 0 {
		d.report.Hits++
	}
	return err
}

// zombie stops a gateway until the others have taken its rows, and lets it go on as if nothing had happened.
func (d *drill) zombie(ctx context.Context) error {
	n := d.victim(ctx)
	if err := d.fleet.stop(n); err != nil {
		return err
	}
	d.report.Zombies++
	if d.driven(ctx, n) > 0 {
		d.report.Undead++
	}
	d.adopted(ctx, n, "stopped")
	if rand.IntN(2) == 0 { //nolint:gosec // G404: chance is all it needs
		d.progress(ctx) // the others go on with its orders while it is still away
	}
	if err := d.fleet.resume(n); err != nil {
		return err
	}
	d.progress(ctx)
	return nil
}

// adopted waits until a gateway has no rows any more.
func (d *drill) adopted(ctx context.Context, n int, how string) {
	if !d.until(ctx, adoptedWithin, func() bool {
		open, err := d.ledger.driven(ctx, d.fleet.members[n].owner)
		return err == nil && open == 0
	}) {
		d.report.violate("the orders of a %s gateway were not taken over within %v", how, adoptedWithin)
	}
}

// crash ends the database as a crash does; every third time a gateway dies while it is away.
func (d *drill) crash(ctx context.Context) error {
	d.victim(ctx)
	if err := d.db.Crash(); err != nil {
		return err
	}
	d.report.Crashes++
	var errs []error
	if rand.IntN(3) == 0 { //nolint:gosec // G404: chance is all it needs
		errs = append(errs, d.fleet.kill(rand.IntN(len(d.fleet.members)))) //nolint:gosec // G404: chance is all it needs
		d.report.Kills++
	}
	return errors.Join(append(errs, d.db.Start(), d.recover(ctx))...)
}

// lose takes a dead gateway's journal away. What it knew can be found out again: ids and keys are derived from who asks and with which
// key.
func (d *drill) lose(ctx context.Context) error {
	f, ok := d.ledger.(*file)
	if !ok {
		return errors.New("only a journal in a file can be lost")
	}
	if err := d.die(ctx, d.victim(ctx)); err != nil {
		return err
	}
	d.report.Losses++
	d.book.forget()
	return errors.Join(f.lose(), d.recover(ctx))
}

// recover starts what does not run, and waits until orders are placed again.
func (d *drill) recover(ctx context.Context) error {
	if err := d.fleet.start(ctx); err != nil {
		return err
	}
	d.progress(ctx)
	return nil
}

// progress waits until some customers have got a verdict.
func (d *drill) progress(ctx context.Context) {
	const some = 5
	before := d.crowd.verdicts.Load()
	if !d.until(ctx, progressWithin, func() bool { return d.crowd.verdicts.Load() >= before+some }) {
		d.report.note("no %d customers got a verdict within %v of an injury", some, progressWithin)
	}
}

// until waits for a condition, and reports false where it does not come within the bound.
func (d *drill) until(ctx context.Context, bound time.Duration, condition func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	for !condition() {
		if !pause(ctx, glimpse) {
			return false
		}
	}
	return true
}
