package checkout

import (
	"context"
	"sync"

	"tiffin/checkout/journal"
)

// flaky is a journal that notes what it holds, and can be down, lose acknowledgements, or be used behind the Flow's back.
type flaky struct {
	journal.Store
	log *log

	mu sync.Mutex
	// fail is asked before and after each operation ("find", "insert", "advance STATE", "take", "claim").
	fail func(op string) (before, after bool)
	// meddle is called before each operation takes place.
	meddle func(op string)
}

func (f *flaky) set(fail func(op string) (before, after bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func (f *flaky) around(op string, do func() error) error {
	f.mu.Lock()
	before, after := false, false
	if f.fail != nil {
		before, after = f.fail(op)
	}
	meddle := f.meddle
	f.mu.Unlock()
	if before {
		return journal.ErrUnavailable
	}
	if meddle != nil {
		meddle(op)
	}
	err := do()
	if err == nil && after {
		err = journal.ErrUnavailable
	}
	return err
}

func (f *flaky) Find(ctx context.Context, scope, kind, key string) (row journal.Row, found bool, err error) {
	err = f.around("find", func() error {
		row, found, err = f.Store.Find(ctx, scope, kind, key)
		return err
	})
	return row, found, err
}

func (f *flaky) Insert(ctx context.Context, r journal.Row) (row journal.Row, inserted bool, err error) {
	err = f.around("insert", func() error {
		row, inserted, err = f.Store.Insert(ctx, r)
		if inserted {
			f.log.add("journal " + r.State)
		}
		return err
	})
	return row, inserted, err
}

func (f *flaky) Advance(ctx context.Context, id string, epoch int64, step journal.Step) error {
	return f.around("advance "+step.State, func() error {
		err := f.Store.Advance(ctx, id, epoch, step)
		if err == nil {
			f.log.add("journal " + step.State)
		}
		return err
	})
}

func (f *flaky) Take(ctx context.Context, id string, epoch int64, owner string) (row journal.Row, err error) {
	err = f.around("take", func() error {
		row, err = f.Store.Take(ctx, id, epoch, owner)
		return err
	})
	return row, err
}

func (f *flaky) Claim(ctx context.Context, c journal.Claim) (rows []journal.Row, err error) {
	err = f.around("claim", func() error {
		rows, err = f.Store.Claim(ctx, c)
		return err
	})
	return rows, err
}
