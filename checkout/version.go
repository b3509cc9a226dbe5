package checkout

import (
	"context"
	"errors"
	"sync"

	"tiffin/checkout/journal"
)

// codec is a version of what rows hold: the names of their states, their request, their data, their result. When one of these changes in
// a way that the release before cannot read, rowVersion goes up by one, and the codec of the version before stays for one release, so
// that gateways of both releases can run side by side on one journal while they are replaced:
//
//   - a gateway claims only rows of versions it knows, and goes on with a row in the row's own version, so that another gateway of that
//     version can still take it over;
//   - the release before leaves rows alone that are newer than itself, and answers their repeats with OrderPending: whoever asks again
//     meets a gateway that knows them.
type codec struct {
	version int
	// read gives a row of this version in the words of the newest one, write the other way. Nil means that they are the same.
	read, write func(journal.Row) (journal.Row, error)
}

// versions is a journal in which all rows that are handed out are in the words of the newest version; those of versions that it does not
// know are as they are stored.
type versions struct {
	journal.Store

	codecs []codec

	mu sync.Mutex
	// older are the versions of rows that this process drives, where that is not the newest: hardly ever any.
	older map[string]codec
}

func newVersions(store journal.Store, codecs []codec) *versions {
	return &versions{Store: store, codecs: codecs, older: map[string]codec{}}
}

// find returns a version's codec.
func (v *versions) find(version int) (codec, bool) {
	for _, c := range v.codecs {
		if c.version == version {
			return c, true
		}
	}
	return codec{}, false
}

// knows reports whether a row's version is among ours.
func (v *versions) knows(row journal.Row) bool {
	_, known := v.find(row.Version)
	return known
}

// read gives a row in our words. One that cannot be read stays as it is: whoever wants to understand it fails, and says so.
func (v *versions) read(row journal.Row) journal.Row {
	c, known := v.find(row.Version)
	if !known || c.read == nil {
		return row
	}
	if ours, err := c.read(row); err == nil {
		return ours
	}
	return row
}

// drive is read for a row that is ours to drive.
func (v *versions) drive(row journal.Row) journal.Row {
	if c, known := v.find(row.Version); known && row.Version != v.codecs[0].version && !row.Closed() {
		v.mu.Lock()
		v.older[row.SagaID] = c
		v.mu.Unlock()
	}
	return v.read(row)
}

// Insert implements [journal.Store]: new rows have the newest version.
func (v *versions) Insert(ctx context.Context, row journal.Row) (journal.Row, bool, error) {
	newest := v.codecs[0]
	if newest.write != nil {
		var err error
		if row, err = newest.write(row); err != nil {
			return row, false, err
		}
	}
	row.Version = newest.version
	stored, inserted, err := v.Store.Insert(ctx, row)
	return v.read(stored), inserted, err
}

// Find implements [journal.Store].
func (v *versions) Find(ctx context.Context, scope, kind, key string) (journal.Row, bool, error) {
	row, found, err := v.Store.Find(ctx, scope, kind, key)
	return v.read(row), found, err
}

// Show implements [journal.Store].
func (v *versions) Show(ctx context.Context, sagaID string) (journal.Row, bool, error) {
	row, found, err := v.Store.Show(ctx, sagaID)
	return v.read(row), found, err
}

// Take implements [journal.Store].
func (v *versions) Take(ctx context.Context, sagaID string, epoch int64, owner string) (journal.Row, error) {
	row, err := v.Store.Take(ctx, sagaID, epoch, owner)
	if err != nil {
		return row, err
	}
	return v.drive(row), nil
}

// Claim implements [journal.Store]: it claims rows of the versions that we know, whatever claim says of versions.
func (v *versions) Claim(ctx context.Context, claim journal.Claim) ([]journal.Row, error) {
	claim.Version, claim.Oldest = v.codecs[0].version, v.codecs[len(v.codecs)-1].version
	rows, err := v.Store.Claim(ctx, claim)
	for n, row := range rows {
		rows[n] = v.drive(row)
	}
	return rows, err
}

// Advance implements [journal.Store]: in the words of the row's own version.
func (v *versions) Advance(ctx context.Context, sagaID string, epoch int64, step journal.Step) error {
	c := v.of(sagaID)
	if c.write != nil {
		row, err := c.write(journal.Row{SagaID: sagaID, State: step.State, Data: step.Data, Result: step.Result})
		if err != nil {
			return err
		}
		step.State, step.Data, step.Result = row.State, row.Data, row.Result
	}
	err := v.Store.Advance(ctx, sagaID, epoch, step)
	if ends := step.Result != nil || !step.Due.IsZero(); errors.Is(err, journal.ErrFenced) || (err == nil && ends) {
		v.mu.Lock()
		delete(v.older, sagaID)
		v.mu.Unlock()
	}
	return err
}

// of is the version of a row that we drive.
func (v *versions) of(sagaID string) codec {
	v.mu.Lock()
	defer v.mu.Unlock()
	if c, older := v.older[sagaID]; older {
		return c
	}
	return v.codecs[0]
}
