// Package memory is a journal that lives and dies with its process: for tests and for development. Orders that are open when the
// process dies are lost to it; the order service still knows them as unsettled.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"tiffin/checkout/journal"
)

// Config bounds the journal.
type Config struct {
	// MaxClosed is how many closed rows are kept, the oldest leave first; 0 means [DefaultMaxClosed]. Open rows are always kept.
	MaxClosed int
}

// DefaultMaxClosed is about 50 MB of closed rows.
const DefaultMaxClosed = 100_000

// Deps are the collaborators.
type Deps struct {
	// Now is the clock of the rows; nil means time.Now.
	Now func() time.Time
}

// Store is a [journal.Store] in memory. It belongs to one process, so an owner other than the one who claims is one that is gone.
type Store struct {
	now       func() time.Time
	maxClosed int

	mu     sync.Mutex
	rows   map[string]*journal.Row // by saga id
	byKey  map[key]string          // to saga id
	open   map[string]*journal.Row // those of rows that have no result, so that a sweep costs what is open
	closed []string                // saga ids, oldest first
}

type key struct{ scope, kind, key string }

var _ journal.Driver = (*Store)(nil)

// New returns an empty store.
func New(cfg Config, deps Deps) *Store {
	s := &Store{
		now: deps.Now, maxClosed: cfg.MaxClosed,
		rows: map[string]*journal.Row{}, byKey: map[key]string{}, open: map[string]*journal.Row{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.maxClosed == 0 {
		s.maxClosed = DefaultMaxClosed
	}
	return s
}

// ended is the error of a call with a context that has ended, which does nothing: as with the stores that take their time.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", journal.ErrNotWritten, err)
	}
	return nil
}

// Insert implements [journal.Store].
func (s *Store) Insert(ctx context.Context, row journal.Row) (journal.Row, bool, error) {
	if err := ended(ctx); err != nil {
		return journal.Row{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key{row.Scope, row.Kind, row.Key}
	id, taken := s.byKey[k]
	if !taken {
		id = row.SagaID
	}
	if there := s.rows[id]; there != nil {
		return clone(*there), false, nil
	}
	row = clone(row)
	row.Epoch, row.Writes, row.Created, row.Updated = 1, 0, s.now(), s.now()
	s.rows[row.SagaID], s.byKey[k], s.open[row.SagaID] = &row, row.SagaID, &row
	if row.Closed() {
		s.close(&row)
	}
	return clone(row), true, nil
}

// Find implements [journal.Store].
func (s *Store) Find(ctx context.Context, scope, kind, clientKey string) (journal.Row, bool, error) {
	if err := ended(ctx); err != nil {
		return journal.Row{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.rows[s.byKey[key{scope, kind, clientKey}]]
	if row == nil {
		return journal.Row{}, false, nil
	}
	return clone(*row), true, nil
}

// Advance implements [journal.Store].
func (s *Store) Advance(ctx context.Context, sagaID string, epoch int64, step journal.Step) error {
	if err := ended(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.rows[sagaID]
	switch {
	case row != nil && row.Carries(epoch, step):
		return nil
	case row == nil || row.Closed() || row.Epoch != epoch || row.Writes+1 != step.Write:
		return journal.ErrFenced
	}
	row.Writes, row.State, row.Due, row.Updated = step.Write, step.State, step.Due, s.now()
	row.Data, row.Result = bytes.Clone(step.Data), bytes.Clone(step.Result)
	if row.Closed() {
		s.close(row)
	}
	return nil
}

// Take implements [journal.Store].
func (s *Store) Take(ctx context.Context, sagaID string, epoch int64, owner string) (journal.Row, error) {
	if err := ended(ctx); err != nil {
		return journal.Row{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.rows[sagaID]
	if row == nil || !row.Parked() || row.Epoch != epoch {
		return journal.Row{}, journal.ErrFenced
	}
	return s.hand(row, owner), nil
}

// Claim implements [journal.Store].
func (s *Store) Claim(ctx context.Context, claim journal.Claim) ([]journal.Row, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var idle []*journal.Row
	for _, row := range s.open {
		if s.claimable(row, claim) {
			idle = append(idle, row)
		}
	}
	slices.SortFunc(idle, oldestFirst)
	rows := make([]journal.Row, 0, min(len(idle), claim.Limit, journal.MostClaimed))
	for _, row := range idle[:cap(rows)] {
		rows = append(rows, s.hand(row, claim.Owner))
	}
	return rows, nil
}

func (s *Store) claimable(row *journal.Row, claim journal.Claim) bool {
	switch {
	case row.Version > claim.Version, row.Version < claim.Oldest:
		return false
	case row.Parked():
		return !row.Due.After(s.now())
	case row.Owner != claim.Owner:
		return true
	default:
		return s.now().Sub(row.Updated) >= claim.Idle && !slices.Contains(claim.Driven, row.SagaID)
	}
}

// hand gives an open row to an owner, under a new epoch.
func (s *Store) hand(row *journal.Row, owner string) journal.Row {
	row.Owner, row.Due, row.Updated = owner, time.Time{}, s.now()
	row.Epoch++
	return clone(*row)
}

// close erases a row's request, and forgets the oldest closed rows beyond the bound.
func (s *Store) close(row *journal.Row) {
	row.Request, row.Due = nil, time.Time{}
	delete(s.open, row.SagaID)
	s.closed = append(s.closed, row.SagaID)
	for len(s.closed) > s.maxClosed {
		s.forget()
	}
}

// forget deletes the row that was closed first.
func (s *Store) forget() {
	oldest := s.rows[s.closed[0]]
	delete(s.rows, oldest.SagaID)
	delete(s.byKey, key{oldest.Scope, oldest.Kind, oldest.Key})
	s.closed = s.closed[1:]
}

func oldestFirst(a, b *journal.Row) int { return journal.CompareAge(*a, *b) }

func clone(row journal.Row) journal.Row {
	row.Request, row.Data, row.Result = bytes.Clone(row.Request), bytes.Clone(row.Data), bytes.Clone(row.Result)
	return row
}
