// Package schema is about versions of a database's tables: which changes are still to be made, and whether this program can work with
// what another version of it has made.
//
// Changes expand first and contract later: a change that programs one release older can live with names their version as its Oldest, so
// that old and new run side by side while they are replaced one by one.
package schema

import (
	"errors"
	"fmt"
)

// Change brings tables to a version.
type Change struct {
	// Version counts up from 1 without gaps.
	Version int
	// Oldest is the version of the oldest program that can work with the tables after this change.
	Oldest int
	// SQL is what to execute, in one transaction with the note that it was done.
	SQL string
}

// Applied is what a database says that it has: zero for one without tables.
type Applied struct{ Version, Oldest int }

// ErrNewer says that a newer program has made the tables, and that this one must not touch them.
var ErrNewer = errors.New("the tables are those of a newer program")

// Pending returns the changes still to be made, in order, or [ErrNewer]; where is the tables' place in the words of the operator.
func Pending(changes []Change, applied Applied, where string) ([]Change, error) {
	known := len(changes)
	if applied.Oldest > known {
		return nil, fmt.Errorf("%w: the journal in %s has version %d, which programs before version %d cannot work with; this one knows version %d: "+
			"run the newer release that made them, or restore a backup from before", ErrNewer, where, applied.Version, applied.Oldest, known)
	}
	if applied.Version >= known {
		return nil, nil
	}
	return changes[applied.Version:], nil
}
