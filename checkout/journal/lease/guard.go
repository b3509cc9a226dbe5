package lease

import (
	"context"
	"fmt"

	"tiffin/checkout/journal"
)

// Guard is a store that takes nothing on for an owner that may count as gone: without the lease Insert and Take return
// [journal.ErrNotWritten], and Claim claims nothing before it is Calm. Advance is not guarded: the row's epoch guards it.
func (l *Lease) Guard(store journal.Store) journal.Store { return guarded{store, l} }

type guarded struct {
	journal.Store

	lease *Lease
}

var errLapsed = fmt.Errorf("%w: this gateway's lease lapsed, for its beats do not reach the store", journal.ErrNotWritten)

// Insert implements [journal.Store].
func (g guarded) Insert(ctx context.Context, row journal.Row) (journal.Row, bool, error) {
	if !g.lease.Held() {
		return journal.Row{}, false, errLapsed
	}
	return g.Store.Insert(ctx, row)
}

// Take implements [journal.Store].
func (g guarded) Take(ctx context.Context, sagaID string, epoch int64, owner string) (journal.Row, error) {
	if !g.lease.Held() {
		return journal.Row{}, errLapsed
	}
	return g.Store.Take(ctx, sagaID, epoch, owner)
}

// Claim implements [journal.Store].
func (g guarded) Claim(ctx context.Context, claim journal.Claim) ([]journal.Row, error) {
	if !g.lease.Calm() {
		return nil, nil
	}
	return g.Store.Claim(ctx, claim)
}
