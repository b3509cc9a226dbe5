// Package journal says what a journal of sagas keeps and promises. A saga is a piece of work over several services that must reach
// an end whatever happens to the process that drives it; its row is the memory that outlives the process.
//
// A journal knows rows, owners and epochs. What a row is about (its request, its data, its result, the names of its states) is
// opaque to it, so that the same drivers serve any saga. The drivers are in the packages below this one; journaltest holds the
// suite that each must pass.
//
// # Open, parked, closed
//
// A row is closed once it has a result; a closed row never changes again. An open row is driven by its owner. An open row with a
// Due is parked: nobody drives it, and [Store.Take] or, from Due on, [Store.Claim] hands it to whoever goes on with it.
//
// # Fencing
//
// Each change of hands raises the row's epoch by one. Who writes names the epoch under which it got the row; a row that has gone on
// to another epoch answers [ErrFenced], and the writer must stop at once and touch no service again.
//
// Under one epoch the writes are numbered, and each lands on the one before it or not at all: one that the store receives twice, or so
// late that a newer one was faster, changes nothing. Whoever repeats a write whose answer was lost is told that it was done.
package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Errors of a [Store]. Every error of a driver wraps one of the first two.
var (
	// ErrFenced: the row is closed or in other hands (or gone). Definite: nothing was written.
	ErrFenced = errors.New("journal: the row is closed or in other hands")
	// ErrUnavailable: the store gave no usable answer. What was asked may or may not have been done; ask again.
	ErrUnavailable = errors.New("journal: the store is not available")
	// ErrNotWritten is an ErrUnavailable that is definite: nothing of what was asked was done, nor will be. The store is full of
	// work, closed, out of reach before anything was sent, or the lease lapsed.
	ErrNotWritten = fmt.Errorf("%w: nothing was written", ErrUnavailable)
)

// Row is one saga. Rows are values: a driver neither keeps nor hands out slices that its caller can reach.
type Row struct {
	// SagaID is the primary key. Scope, Kind and Key together are unique too.
	SagaID string
	// Kind is what the saga does, such as "PLACE".
	Kind string
	// Version is that of the state machine and the encoders which wrote the row; see [Claim].
	Version int
	// Scope is whose key it is: nobody reaches a row of another scope.
	Scope string
	// Key is the client's idempotency key.
	Key string
	// Fingerprint stays when the request is erased, so that a repeat can be told from another request.
	Fingerprint string
	// Request is all that the saga needs to run; erased when the row is closed.
	Request []byte
	// State is the saga's own name of the state that it reached.
	State string
	// Data is what the saga has learnt so far.
	Data []byte
	// Result is nil while the row is open.
	Result []byte
	// Owner is the process that drives the row, by a name which it makes at random when it starts.
	Owner string
	// Epoch is the fencing token; 1 for a new row.
	Epoch int64
	// Writes is how often the row was advanced since it was inserted, whoever did it: the number of the write that it carries.
	Writes int64
	// Due is until when the row is parked; zero for one that is driven or closed.
	Due time.Time
	// Created and Updated are the store's time. Times are kept to the microsecond.
	Created, Updated time.Time
}

// Closed reports whether the row has its result.
func (r Row) Closed() bool { return r.Result != nil }

// CompareAge orders rows by when they were created, then by id: the order in which they are claimed and listed.
func CompareAge(a, b Row) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.SagaID, b.SagaID))
}

// Parked reports whether the row waits for its Due with nobody driving it.
func (r Row) Parked() bool { return !r.Closed() && !r.Due.IsZero() }

// Step is where a saga got to.
type Step struct {
	// Write is the number of this write: one more than the Writes of the row that it follows. A repeat has the same.
	Write int64
	State string
	Data  []byte
	// Due parks the row until then; zero for a saga that goes on at once.
	Due time.Time
	// Result closes the row; nil for one that stays open.
	Result []byte
}

// MostClaimed bounds a claim, and with it how long its rows are locked.
const MostClaimed = 64

// Claim asks for rows to go on with.
type Claim struct {
	// Owner is who will drive them.
	Owner string
	// Driven are the ids of the sagas that the owner drives already.
	Driven []string
	// Idle is for how long a row of the owner's own must not have been written to be claimed: it covers those that the owner took
	// up after it made the list.
	Idle time.Duration
	// Version is the newest that the owner knows, Oldest the oldest; rows of other versions are left to those who know them.
	Version, Oldest int
	// Limit is how many rows at the most; more than 0, and no driver hands out more than [MostClaimed] at once.
	Limit int
}

// Store is what a saga needs of a journal; a [Driver] is all of it. All methods are safe for concurrent use and may return
// [ErrUnavailable]; with a context that has ended they do.
type Store interface {
	// Insert writes a new row unless one with its SagaID, or its Scope, Kind and Key, is there. It returns the row as it is then
	// in the store, and whether that is the new one. A new row gets Epoch 1; one that is inserted with a Result is closed, and its
	// Request is not kept. An Insert whose answer was lost may be repeated: it returns the row and false.
	Insert(ctx context.Context, row Row) (stored Row, inserted bool, err error)
	// Find reads a row, and whether there is one.
	Find(ctx context.Context, scope, kind, key string) (row Row, found bool, err error)
	// Show is Find by the row's id.
	Show(ctx context.Context, sagaID string) (row Row, found bool, err error)
	// Advance writes where the open row's saga got to, under the epoch by which its driver holds it and as the write that comes next;
	// else [ErrFenced]. A step with a Result closes the row and erases its Request. An Advance whose answer was lost may be repeated:
	// where the row carries it, and nothing was written since, it counts as done.
	Advance(ctx context.Context, sagaID string, epoch int64, step Step) error
	// Take hands the parked row that the caller saw at this epoch to owner, and returns it with the next epoch and no Due;
	// [ErrFenced] where somebody else was faster.
	Take(ctx context.Context, sagaID string, epoch int64, owner string) (Row, error)
	// Claim hands open rows that nobody drives to the owner, oldest first, and returns them with their next epoch and no Due: those of
	// owners that are gone, those of the owner that are not among Driven and were not written for Idle, and those whose Due has
	// come.
	Claim(ctx context.Context, claim Claim) ([]Row, error)
}
