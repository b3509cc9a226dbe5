package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// gate leaves a server alone that could not be reached: after each failure connections are refused for a while, here, for which the
// server need do nothing. Every saga's attempts go through it, so their number does not count.
type gate struct {
	most time.Duration

	mu       sync.Mutex
	failures int
	until    time.Time
}

// errBackingOff: the server could not be reached a moment ago.
var errBackingOff = errors.New("the server could not be reached a moment ago, and will be tried again in a moment")

// backoffBase is the pause after the first failure.
const backoffBase = 50 * time.Millisecond

func newGate(most time.Duration) *gate { return &gate{most: most} }

// before is asked before each attempt to connect.
func (g *gate) before(context.Context, *pgx.ConnConfig) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.until) {
		return errBackingOff
	}
	return nil
}

// note hears of each attempt's outcome. Attempts that ran at the same time fail at the same time, and count once.
func (g *gate) note(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case err == nil:
		g.failures, g.until = 0, time.Time{}
	case now.Before(g.until):
	default:
		ceiling := g.most
		if g.failures < 16 {
			ceiling = min(g.most, backoffBase<<g.failures)
		}
		g.failures++
		g.until = now.Add(ceiling/2 + rand.N(ceiling/2+1)) //nolint:gosec // G404: a pause need not be secret
	}
}

// TraceConnectStart implements pgx.ConnectTracer.
func (*gate) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}

// TraceConnectEnd implements pgx.ConnectTracer.
func (g *gate) TraceConnectEnd(_ context.Context, data pgx.TraceConnectEndData) { g.note(data.Err) }

// TraceQueryStart implements pgx.QueryTracer, which a tracer of connections must be too.
func (*gate) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (*gate) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
