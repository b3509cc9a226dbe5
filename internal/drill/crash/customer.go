//go:build unix

package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// crowd is the customers: each places one order after the other until the crowd is told to stop.
type crowd struct {
	world  *world
	fleet  *fleet
	book   *book
	offers []*offer
	// fickle customers all leave at once.
	fickle bool
	// leaving3DS: those who leave may do so with the bank's question unanswered.
	leaving3DS atomic.Bool

	// waiting counts the requests to gateways that have no answer yet, verdicts the orders that have one.
	waiting, verdicts atomic.Int64

	group sync.WaitGroup
	// enough ends the beginning of orders, giveUp the insisting.
	enough chan struct{}
	giveUp context.CancelFunc
}

// begin lets so many customers order until stop; giving them up ends with ctx.
func (c *crowd) begin(ctx context.Context, customers int) {
	ctx, c.giveUp = context.WithCancel(ctx)
	c.enough = make(chan struct{})
	for n := range customers {
		one := &customer{crowd: c, rng: rand.New(rand.NewPCG(rand.Uint64(), uint64(n)))} //nolint:gosec // G404: chance is all it needs
		c.group.Go(func() { one.live(ctx) })
	}
}

// stop lets the customers finish what they began until the deadline.
func (c *crowd) stop(deadline time.Time) {
	close(c.enough)
	timer := time.AfterFunc(time.Until(deadline), c.giveUp)
	c.group.Wait()
	timer.Stop()
	c.giveUp()
}

type customer struct {
	*crowd

	rng *rand.Rand
}

func (c *customer) live(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		select {
		case <-c.enough:
			return
		default:
		}
		c.order(ctx)
	}
}

// One in so many leaves at once, and one in so many asks twice at the same time.
const oneInLeaves, oneInIsTwo = 5, 8

// order places an order under a new key.
func (c *customer) order(ctx context.Context) {
	e := &entry{
		who: people()[c.rng.IntN(len(people()))], key: c.uuid(), offer: c.offers[c.rng.IntN(len(c.offers))],
		impatient: c.fickle || c.rng.IntN(oneInLeaves) == 0,
	}
	if e.impatient && e.offer.decision != "" && !c.leaving3DS.Load() {
		e.offer = c.offers[0]
	}
	c.book.open(e)
	switch {
	case e.impatient:
		c.glance(ctx, e)
	case c.rng.IntN(oneInIsTwo) == 0:
		var twin sync.WaitGroup
		twin.Go(func() { c.send(ctx, e) })
		c.send(ctx, e)
		twin.Wait()
		c.insist(ctx, e)
	default:
		c.insist(ctx, e)
	}
}

// uuid is a key as clients make them (RFC 9562, version 4).
func (c *customer) uuid() string {
	a, b := c.rng.Uint64(), c.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&(1<<48-1))
}

// longestGlance is how long a customer at the most waits before hanging up.
const longestGlance = 200 * time.Millisecond

// glance sends an order once; every other one hangs up before there is an answer.
func (c *customer) glance(ctx context.Context, e *entry) {
	if c.rng.IntN(2) == 0 {
		bounded, cancel := context.WithTimeout(ctx, time.Duration(c.rng.Int64N(int64(longestGlance))))
		defer cancel()
		ctx = bounded
	}
	c.send(ctx, e)
}

// insist sends an order until there is a verdict, and may regret it.
func (c *customer) insist(ctx context.Context, e *entry) {
	c.ask(ctx, e)
	c.regret(ctx, e)
}

// ask sends an order until there is a verdict, and does what the bank wants.
func (c *customer) ask(ctx context.Context, e *entry) {
	for !e.broken() && ctx.Err() == nil {
		a := c.send(ctx, e)
		if a.kind.final() {
			return
		}
		if a.kind == action {
			c.act(ctx, e, a.url)
		}
		const least, spread = 20 * time.Millisecond, 60 * time.Millisecond
		if !pause(ctx, least+time.Duration(c.rng.Int64N(int64(spread)))) {
			return
		}
	}
}

// send places the order at some gateway, and keeps the answer.
func (c *crowd) send(ctx context.Context, e *entry) answer {
	settled := e.settled()
	c.waiting.Add(1)
	a := c.answer(ctx, e.who, placing, e.offer.input(e.key))
	c.waiting.Add(-1)
	c.book.hear(e, a, settled)
	if a.kind.final() {
		c.verdicts.Add(1)
	}
	return a
}

// oneInRegrets calls a confirmed order off.
const oneInRegrets = 8

// regret calls some orders off that were confirmed a moment ago, until there is an answer to that.
func (c *customer) regret(ctx context.Context, e *entry) {
	if !e.mayRegret() || c.rng.IntN(oneInRegrets) > 0 {
		return
	}
	key := c.uuid()
	e.regret(key)
	c.recall(ctx, e, key)
}

// recall calls an order off, until there is an answer.
func (c *customer) recall(ctx context.Context, e *entry, key string) {
	for !e.broken() && ctx.Err() == nil {
		a := c.answer(ctx, e.who, recalling, map[string]any{"input": map[string]any{"idempotencyKey": key, "orderId": e.orderID}})
		if e.hearRecall(a) || !pause(ctx, look) {
			return
		}
	}
}

// act answers the bank's question; where the bank is not there, the next time.
func (c *crowd) act(ctx context.Context, e *entry, page string) {
	form := url.Values{"decision": {e.offer.decision}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, page, strings.NewReader(form.Encode()))
	if err != nil {
		e.report("the page of the bank has no address: %v", err)
		return
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if response, err := c.world.client.Do(r); err == nil {
		_ = response.Body.Close() // what it says is not for us
	}
}

// answer is what some gateway says to an operation whose result is a placement.
func (c *crowd) answer(ctx context.Context, who, query string, variables map[string]any) answer {
	gateway := c.fleet.any()
	a := c.world.answer(ctx, gateway.address(), who, query, variables)
	a.from = gateway.release
	return a
}

// any is some gateway's place; it may be dead.
func (f *fleet) any() *member {
	return f.members[rand.IntN(len(f.members))] //nolint:gosec // G404: chance is all it needs
}

// broken reports whether there is no use in going on.
func (e *entry) broken() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.problems) > 0
}

func (e *entry) report(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.object(format, args...)
}

// pause waits, and reports false where ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
