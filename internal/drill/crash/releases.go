//go:build unix

package crash

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"
)

// release is which of two a gateway is of.
type release int

const (
	thisRelease release = iota
	nextRelease
)

func (r release) String() string {
	if r == nextRelease {
		return "the next release"
	}
	return "this release"
}

// of is the program of a release.
func (p Program) of(r release) Program {
	if r == nextRelease {
		p.Path = p.Next
	}
	return p
}

// The places of gateways, where there are two releases.
const ofThis, ofNext = 0, 1

// gateways are the releases of a plan's gateways.
func (p Plan) gateways() []release {
	all := make([]release, p.Gateways)
	if p.Releases && p.Gateways > ofNext {
		all[ofNext] = nextRelease
	}
	return all
}

// replace kills gateways of two releases, as if the next one were rolled out and back again. In the end it is rolled out: alone for a
// while, beside a gateway of this release once more, and then that one stays dead.
func (d *drill) replace(ctx context.Context) error {
	if d.plan.Gateways != 2 || d.fleet.program.Next == "" {
		return errors.New("two releases need two gateways and a program of each")
	}
	steps := []injury{d.rollOut, d.rollBack, d.relapse}
	for turn := 0; d.report.Kills < d.plan.Kills || d.wanting() || d.unseen(ctx); turn++ {
		if err := errors.Join(steps[turn%len(steps)](ctx), d.recover(ctx)); err != nil {
			return err
		}
	}
	if err := d.endThis(ctx); err != nil {
		return err
	}
	d.aloneWithNext(ctx)
	return errors.Join(d.recover(ctx), d.endThis(ctx))
}

// unseen reports whether more kills are to be added, because something of what is to be shown has not happened yet.
func (d *drill) unseen(ctx context.Context) bool {
	const more = 16
	s, err := d.follow(ctx)
	return err == nil && d.report.Kills < d.plan.Kills+more && len(d.lacks(s)) > 0
}

// rollOut kills the gateway of this release. Mostly the other one takes its orders over, and goes on alone.
func (d *drill) rollOut(ctx context.Context) error {
	err := d.endThis(ctx)
	if err == nil && !d.hurried() {
		d.aloneWithNext(ctx)
	}
	return err
}

// endThis kills the gateway of this release while it has work.
func (d *drill) endThis(ctx context.Context) error {
	d.busy(ctx, ofThis)
	return d.die(ctx, ofThis)
}

// aloneWithNext waits until the gateway of the next release has taken over what the other one left, and has gone on for a while.
func (d *drill) aloneWithNext(ctx context.Context) {
	d.adopted(ctx, ofThis, "dead")
	d.progress(ctx)
}

// hurried: the successor comes at once, and meets the orders of the dead one. The first turns take their time.
func (d *drill) hurried() bool {
	const first = 4
	return d.report.Kills > first && rand.IntN(3) == 0 //nolint:gosec // G404: chance is all it needs
}

// rollBack kills the gateway of the next release. Mostly the other one goes on alone.
func (d *drill) rollBack(ctx context.Context) error {
	return d.endNext(ctx, func(l leftovers) bool { return l.newer > 0 })
}

// relapse kills the gateway of this release, and that of the next one while it goes on with what it took over; then this one comes back,
// to go on with what the other one has written.
func (d *drill) relapse(ctx context.Context) error {
	if err := d.endThis(ctx); err != nil {
		return err
	}
	return d.endNext(ctx, func(l leftovers) bool { return l.written > 0 })
}

// endNext kills the gateway of the next release at a moment of some kind, and lets the other one go on alone for long enough to take its
// orders over, were it not for those that it cannot read.
func (d *drill) endNext(ctx context.Context, moment func(leftovers) bool) error {
	owner := d.fleet.members[ofNext].owner
	if _, err := d.watch(ctx, busyWithin, owner, moment); err != nil {
		return err
	}
	if err := d.die(ctx, ofNext); err != nil || d.hurried() {
		return err
	}
	if d.fleet.members[ofThis].process == nil {
		if err := d.fleet.launch(ctx, ofThis); err != nil {
			return err
		}
	}
	open, err := d.watch(ctx, adoptedWithin, owner, func(l leftovers) bool { return l.lapsed && l.older == 0 })
	if err == nil && open.older > 0 {
		d.report.violate("%d orders of %s that a dead gateway of %s drove were not taken over within %v", open.older, thisRelease, nextRelease, adoptedWithin)
	}
	const sweeps = 3
	pause(ctx, sweeps*sweepEvery)
	open, failed := d.tenures.left(ctx, owner)
	d.alone += open.newer
	return errors.Join(err, failed)
}

// watch waits until a gateway's open rows are as they should be, and returns them as they are then, or at the end of the bound.
func (d *drill) watch(ctx context.Context, bound time.Duration, owner string, enough func(leftovers) bool) (open leftovers, err error) {
	d.until(ctx, bound, func() bool {
		open, err = d.tenures.left(ctx, owner)
		return err != nil || enough(open)
	})
	return open, err
}

// follow goes through what the database has written down so far.
func (d *drill) follow(ctx context.Context) (succession, error) {
	all, err := d.tenures.read(ctx)
	return follow(all, d.fleet.launched), err
}

// lacks says what has not happened, and must for the drill to show anything.
func (d *drill) lacks(s succession) (all []string) {
	for _, shown := range []struct {
		times int
		what  string
	}{
		{s.begun[thisRelease], "order was begun by this release"},
		{s.begun[nextRelease], "order was begun by the next release"},
		{s.adopted, "order of this release was taken over and ended by the next one"},
		{s.returned, "order of this release was taken back from the next one, which had gone on with it"},
		{d.alone, "order of the next release was open while only this one ran"},
	} {
		if shown.times == 0 {
			all = append(all, "no "+shown.what)
		}
	}
	return all
}

// succession compares who drove which rows with what the two releases promise each other, once all is over.
func (d *drill) succession(ctx context.Context) error {
	s, err := d.follow(ctx)
	if err != nil {
		return err
	}
	d.report.Violations = append(d.report.Violations, s.problems...)
	d.report.Lacks = append(d.report.Lacks, d.lacks(s)...)
	evaded := 0
	for _, e := range d.book.all() {
		evaded += e.evaded
		if e.evaded > 0 && s.of[strings.TrimPrefix(e.orderID, "ord_")] != nextRelease {
			d.report.violate("%s %s (%s): had its verdict, is of %s, and a gateway of that said it is on its way", e.who, e.key, e.orderID, thisRelease)
		}
	}
	d.report.note("rows of this release: %d, of which the next one ended %d, and this one took %d back; rows of the next release: %d, of which this one left %d "+
		"alone while it was the only one, and said %d times of settled ones that they are on their way",
		s.begun[thisRelease], s.adopted, s.returned, s.begun[nextRelease], d.alone, evaded)
	return nil
}
