//go:build unix

package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// settleWithin is how long after the last fault every order must have its end at the latest.
	settleWithin = time.Minute
	// look is how often the board is asked whether they have.
	look = 200 * time.Millisecond
)

// control counts what is left when nothing is remembered: orders that stay open for ever, and whatever else is wrong.
func (d *drill) control(ctx context.Context) error {
	if err := d.fleet.end(); err != nil { // what it still has under way is no fault of its memory
		return err
	}
	a, err := d.world.audit(ctx)
	d.report.Orders, d.report.Open = len(d.book.all()), a.Open
	for _, v := range a.Violations {
		d.report.violate("%s: %s (%s)", v.Order, v.Rule, v.Detail)
	}
	return err
}

// verdict compares what customers were told, what the services hold and what the journal says.
func (d *drill) verdict(ctx context.Context, last time.Time) error {
	if d.plan.Losses > 0 { // whoever asks again brings a forgotten order to its end
		d.replay(ctx)
	}
	d.settle(ctx, last)
	if d.plan.Releases { // each of the two is asked about the orders of both
		if err := d.fleet.start(ctx); err != nil {
			return err
		}
	}
	d.silence(ctx)
	d.replay(ctx)
	for _, e := range d.book.all() {
		d.tally(e)
	}
	if err := d.holdings(ctx); err != nil {
		return err
	}
	if d.plan.Releases {
		if err := d.succession(ctx); err != nil {
			return err
		}
	}
	if err := d.fleet.end(); err != nil {
		d.report.violate("a gateway did not end in good order: %v", err)
	}
	if open, err := d.ledger.driven(ctx, ""); err != nil || open > 0 {
		d.report.violate("%d rows of the journal are open when all is over (%v)", open, err)
	}
	return nil
}

// settle waits until no order is open.
func (d *drill) settle(ctx context.Context, last time.Time) {
	bounded, cancel := context.WithDeadline(ctx, last.Add(settleWithin))
	defer cancel()
	seen := "nobody could look before that"
	for {
		a, err := d.world.audit(bounded)
		rows := 0
		if err == nil && d.ledger.live() {
			rows, err = d.ledger.driven(bounded, "")
		}
		if err == nil {
			seen = fmt.Sprintf("at the last look %d orders and %d rows were open", a.Open, rows)
		}
		switch {
		case err == nil && a.Open == 0 && rows == 0:
			d.report.Settled = time.Since(last)
			return
		case !pause(bounded, look):
			d.report.violate("not settled %v after the last fault: %s (%v)", settleWithin, seen, err)
			return
		}
	}
}

// atOnce is how many keys are asked about at the same time.
const atOnce = 16

// each does something for every order.
func (d *drill) each(do func(e *entry)) {
	entries := make(chan *entry)
	var group sync.WaitGroup
	for range atOnce {
		group.Go(func() {
			for e := range entries {
				do(e)
			}
		})
	}
	for _, e := range d.book.all() {
		entries <- e
	}
	close(entries)
	group.Wait()
}

// silence checks that nothing is known of orders of which nothing but ORDER_NOT_STARTED was said.
func (d *drill) silence(ctx context.Context) {
	d.each(func(e *entry) {
		e.mu.Lock()
		asked := e.asked
		e.mu.Unlock()
		if asked {
			return
		}
		if a := d.placement(ctx, e); a.kind != unknown {
			e.report("was told that nothing was started, and it is %s", a)
		}
	})
}

// placement asks what became of an order, until there is an answer.
func (d *drill) placement(ctx context.Context, e *entry) answer {
	for {
		a := d.crowd.answer(ctx, e.who, placement, map[string]any{"key": e.key})
		if a.kind != lost || !pause(ctx, look) {
			return a
		}
	}
}

// replay asks for every order again, in both ways, and hears what it must hear. Those that never arrived are placed now.
func (d *drill) replay(ctx context.Context) {
	d.each(func(e *entry) {
		ctx, cancel := context.WithTimeout(ctx, settleWithin)
		defer cancel()
		if e.settled() {
			if a := d.placement(ctx, e); a.kind != unknown || d.plan.Losses == 0 {
				d.book.hear(e, a, true)
			}
		}
		again := &customer{crowd: d.crowd, rng: rand.New(rand.NewPCG(rand.Uint64(), 0))} //nolint:gosec // G404: chance is all it needs
		again.ask(ctx, e)
		if key := e.regrets(); key != "" {
			again.recall(ctx, e, key)
		}
	})
}

// tally counts an order, and what was wrong with it.
func (d *drill) tally(e *entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d.report.Orders++
	switch {
	case e.verdict == nil:
		e.object("has no verdict")
	case e.recalled:
		d.report.Recalled++
	case e.verdict.kind == confirmed:
		d.report.Confirmed++
	default:
		d.report.Cancelled++
	}
	if e.impatient {
		d.report.Left++
	}
	for _, problem := range e.problems {
		d.report.violate("%s", problem)
	}
}

// holdings compares what customers were told with what the services hold.
func (d *drill) holdings(ctx context.Context) error {
	a, err := d.world.audit(ctx)
	if err != nil {
		return err
	}
	for _, v := range a.Violations {
		d.report.violate("%s: %s (%s)", v.Order, v.Rule, v.Detail)
	}
	if a.Open > 0 {
		d.report.violate("%d orders are open when all is over", a.Open)
	}
	var ids []string
	for _, e := range d.book.all() {
		if e.orderID != "" {
			ids = append(ids, e.orderID)
		}
	}
	orders, err := d.world.holdings(ctx, ids)
	if err != nil {
		return err
	}
	if strangers := a.Orders - d.world.before - len(orders); strangers != 0 {
		d.report.violate("there are %d orders that nobody was told of", strangers)
	}
	for _, e := range d.book.all() {
		order, there := orders[e.orderID]
		if problem := e.compare(order, there); problem != "" {
			d.report.violate("%s %s (%s, %s): %s", e.who, e.key, e.offer.name, e.orderID, problem)
		}
	}
	return nil
}

// compare says what is wrong with an order as the order service has it.
func (e *entry) compare(order held, there bool) string {
	gone := !there || order.Status == "cancelled"
	switch {
	case e.verdict == nil:
		return ""
	case e.regretted != "" && !(e.recalled && there && gone):
		return fmt.Sprintf("was called off (heard: %v), and is %q", e.recalled, order.Status)
	case e.regretted != "":
		return ""
	case e.verdict.kind == cancelled && !gone:
		return fmt.Sprintf("was told %s, and it is %s", e.verdict, order.Status)
	case e.verdict.kind == confirmed && gone:
		return fmt.Sprintf("was told %s, and it is cancelled or was never there", e.verdict)
	case e.verdict.kind == confirmed && order.Total.Amount != e.verdict.total:
		return fmt.Sprintf("was told %s, and it costs %s", e.verdict, order.Total.Amount)
	}
	return ""
}
