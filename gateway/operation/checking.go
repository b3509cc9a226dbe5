package operation

import (
	"context"
	"math/rand/v2"
	"runtime"
	"time"

	"tiffin/fault"
)

// shortDocument is how long a document is that an honest client sends, at the most and in bytes.
const shortDocument = 16 << 10

// leastRetry is the least that who is refused is told to wait; it is told up to three times as much, at random, as package shed does.
const leastRetry = time.Second

// checking bounds how many documents that were never seen are checked at once. Short ones, which are nearly all, do not wait for long ones:
// who floods the gateway with documents as long as they may be waits in their own queue.
type checking struct {
	short, long chan struct{}
	most        time.Duration
}

// newChecking has room for as many short documents as there are processors, and for half as many long ones; more wait for most.
func newChecking(most time.Duration) *checking {
	n := runtime.GOMAXPROCS(0)
	return &checking{short: make(chan struct{}, n), long: make(chan struct{}, max(1, n/2)), most: most}
}

// enter waits for a place, but not beyond ctx. leave gives it back.
func (c *checking) enter(ctx context.Context, text string) (leave func(), refused *problem) {
	lane := c.short
	if len(text) > shortDocument {
		lane = c.long
	}
	select {
	case lane <- struct{}{}:
		return func() { <-lane }, nil
	default:
	}
	timer := time.NewTimer(c.most)
	defer timer.Stop()
	select {
	case lane <- struct{}{}:
		return func() { <-lane }, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, &problem{
		code: fault.Overloaded, text: "The gateway is busy.",
		retryAfter: leastRetry + rand.N(2*leastRetry), //nolint:gosec // nobody gains by guessing it
	}
}
