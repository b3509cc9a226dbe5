package seal

import (
	"context"
	"errors"
	"fmt"

	"tiffin/checkout/journal"
)

// Deps are the collaborators.
type Deps struct {
	// Driver is the journal.
	Driver journal.Driver
	// OnUnreadable hears of a row of which something cannot be opened. The row is handed out all the same, with that as it is stored:
	// whoever drives it must not understand it, and others must be able to see that it is there. Nil for nobody.
	OnUnreadable func(ctx context.Context, sagaID string, err error)
}

// Store is a [journal.Driver] that seals the Request, the Data and the Result of rows, each for its row and its place there.
type Store struct {
	journal.Driver

	sealer     *Sealer
	unreadable func(context.Context, string, error)
}

var _ journal.Driver = (*Store)(nil)

// Store returns the journal as those see it who have the secrets.
func (s *Sealer) Store(deps Deps) *Store {
	if deps.OnUnreadable == nil {
		deps.OnUnreadable = func(context.Context, string, error) {}
	}
	return &Store{deps.Driver, s, deps.OnUnreadable}
}

// The places in a row.
const (
	placeRequest = "request"
	placeData    = "data"
	placeResult  = "result"
)

func (s *Store) seal(plain []byte, sagaID, place string) []byte {
	if plain == nil {
		return nil
	}
	return s.sealer.Seal(plain, sagaID+"\x00"+place)
}

// open opens the row's parts.
func (s *Store) open(ctx context.Context, row *journal.Row) {
	for place, part := range map[string]*[]byte{placeRequest: &row.Request, placeData: &row.Data, placeResult: &row.Result} {
		if *part == nil {
			continue
		}
		plain, err := s.sealer.Open(*part, row.SagaID+"\x00"+place)
		if err != nil {
			s.unreadable(ctx, row.SagaID, fmt.Errorf("the row's %s: %w", place, err))
			continue
		}
		*part = plain
	}
}

func (s *Store) openAll(ctx context.Context, rows []journal.Row) {
	for n := range rows {
		s.open(ctx, &rows[n])
	}
}

// Insert implements [journal.Store].
func (s *Store) Insert(ctx context.Context, row journal.Row) (journal.Row, bool, error) {
	row.Request = s.seal(row.Request, row.SagaID, placeRequest)
	row.Data = s.seal(row.Data, row.SagaID, placeData)
	row.Result = s.seal(row.Result, row.SagaID, placeResult)
	stored, inserted, err := s.Driver.Insert(ctx, row)
	s.open(ctx, &stored)
	return stored, inserted, err
}

// Find implements [journal.Store].
func (s *Store) Find(ctx context.Context, scope, kind, key string) (journal.Row, bool, error) {
	row, found, err := s.Driver.Find(ctx, scope, kind, key)
	s.open(ctx, &row)
	return row, found, err
}

// Advance implements [journal.Store]. A step that is sealed once more looks like another one, so a repeat is known by what can be opened.
func (s *Store) Advance(ctx context.Context, sagaID string, epoch int64, step journal.Step) error {
	sealed := step
	sealed.Data = s.seal(step.Data, sagaID, placeData)
	sealed.Result = s.seal(step.Result, sagaID, placeResult)
	err := s.Driver.Advance(ctx, sagaID, epoch, sealed)
	if errors.Is(err, journal.ErrFenced) {
		return journal.Repeated(ctx, s.Show, sagaID, epoch, step)
	}
	return err
}

// Take implements [journal.Store].
func (s *Store) Take(ctx context.Context, sagaID string, epoch int64, owner string) (journal.Row, error) {
	row, err := s.Driver.Take(ctx, sagaID, epoch, owner)
	s.open(ctx, &row)
	return row, err
}

// Claim implements [journal.Store].
func (s *Store) Claim(ctx context.Context, claim journal.Claim) ([]journal.Row, error) {
	rows, err := s.Driver.Claim(ctx, claim)
	s.openAll(ctx, rows)
	return rows, err
}

// Show implements [journal.Keeper].
func (s *Store) Show(ctx context.Context, sagaID string) (journal.Row, bool, error) {
	row, found, err := s.Driver.Show(ctx, sagaID)
	s.open(ctx, &row)
	return row, found, err
}

// ListOpen implements [journal.Keeper].
func (s *Store) ListOpen(ctx context.Context, limit int) ([]journal.Row, error) {
	rows, err := s.Driver.ListOpen(ctx, limit)
	s.openAll(ctx, rows)
	return rows, err
}
