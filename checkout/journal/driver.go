package journal

import (
	"context"
	"time"
)

// Driver is one kind of journal: a [Store], and what it takes to run it and to look after it. Its constructor starts nothing.
type Driver interface {
	Store
	Leases
	Keeper
	// Open makes the store ready: it is called once, before anything else. An error that wraps [ErrUnavailable] leaves a store that
	// goes on trying to become ready with each call; with any other error somebody has to act, and the error says how.
	Open(ctx context.Context) error
	// Close lets what was accepted come to its end and gives everything back. Later calls of a durable store return [ErrUnavailable].
	Close() error
}

// Leases are the signs of life by which processes that share a store know of each other. A store of one process has none to keep:
// for it every owner but the one who claims is gone.
type Leases interface {
	// Beat makes owner count as alive for ttl from now, by the store's clock.
	Beat(ctx context.Context, owner string, ttl time.Duration) error
	// Release makes owner count as gone at once.
	Release(ctx context.Context, owner string) error
}

// Keeper is for those who look after a journal: operators, metrics, retention.
type Keeper interface {
	// Show reads a row by its id, and whether there is one.
	Show(ctx context.Context, sagaID string) (row Row, found bool, err error)
	// ListOpen reads the open rows, oldest first, at most limit.
	ListOpen(ctx context.Context, limit int) ([]Row, error)
	// Census counts the open rows; late is the age from which one counts as Late.
	Census(ctx context.Context, late time.Duration) (Census, error)
	// Expire deletes rows that were closed at least age ago, at most limit in one call, and returns how many. Open rows never expire.
	Expire(ctx context.Context, age time.Duration, limit int) (deleted int, err error)
}

// Census is how much a journal has to do.
type Census struct {
	// Open counts the open rows, Parked those of them that are parked.
	Open, Parked int
	// Late counts those that are not parked and were created at least so long ago as the caller said.
	Late int
	// Oldest is the age, by the store's clock, of the oldest open row that is not parked; 0 without one.
	Oldest time.Duration
}
