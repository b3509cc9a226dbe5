package journaltest

import (
	"context"
	"sync/atomic"

	"tiffin/checkout/journal"
)

// Lossy is a store whose answers get lost: while Losing, what it is asked for is done, and answered with [journal.ErrUnavailable].
type Lossy struct {
	journal.Store

	// Losing says whether answers get lost.
	Losing atomic.Bool
}

func (l *Lossy) lose(err error) error {
	if l.Losing.Load() {
		return journal.ErrUnavailable
	}
	return err
}

// Insert implements [journal.Store].
func (l *Lossy) Insert(ctx context.Context, row journal.Row) (journal.Row, bool, error) {
	stored, inserted, err := l.Store.Insert(ctx, row)
	if err = l.lose(err); err != nil {
		return journal.Row{}, false, err
	}
	return stored, inserted, nil
}

// Advance implements [journal.Store].
func (l *Lossy) Advance(ctx context.Context, sagaID string, epoch int64, step journal.Step) error {
	return l.lose(l.Store.Advance(ctx, sagaID, epoch, step))
}

// Take implements [journal.Store].
func (l *Lossy) Take(ctx context.Context, sagaID string, epoch int64, owner string) (journal.Row, error) {
	row, err := l.Store.Take(ctx, sagaID, epoch, owner)
	if err = l.lose(err); err != nil {
		return journal.Row{}, err
	}
	return row, nil
}

// Claim implements [journal.Store].
func (l *Lossy) Claim(ctx context.Context, claim journal.Claim) ([]journal.Row, error) {
	rows, err := l.Store.Claim(ctx, claim)
	if err = l.lose(err); err != nil {
		return nil, err
	}
	return rows, nil
}
