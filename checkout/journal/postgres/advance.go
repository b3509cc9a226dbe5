package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/batch"
)

// advance is a step on its way to the server.
type advance struct {
	sagaID string
	epoch  int64
	step   journal.Step
}

const advanceSQL = `UPDATE placement SET state = $3, data = $4, result = $5, updated = now(), writes = $7,
		due = CASE WHEN $5::bytea IS NULL THEN $6::timestamptz END,
		closed = CASE WHEN $5 IS NOT NULL THEN now() END,
		request = CASE WHEN $5 IS NULL THEN request END
	WHERE saga_id = $1 AND epoch = $2 AND writes = $7::bigint - 1 AND closed IS NULL`

// Advance implements [journal.Store]. What waits at the same time is sent at once and committed at once: one round trip and one sync
// for many sagas.
func (s *Store) Advance(ctx context.Context, sagaID string, epoch int64, step journal.Step) error {
	err := s.queue.Do(ctx, advance{sagaID, epoch, step})
	if errors.Is(err, journal.ErrFenced) {
		return journal.Repeated(ctx, s.Show, sagaID, epoch, step)
	}
	return err
}

// commit does advances in one transaction, on the store's own context: one caller's hanging up must not undo the others' work.
func (s *Store) commit(steps []advance) []error { return batch.Isolate(steps, s.pipeline) }

func (s *Store) pipeline(steps []advance) (errs []error, spoilt bool) {
	errs = make([]error, len(steps))
	err := s.call(context.Background(), func(ctx context.Context) error { return s.send(ctx, steps, errs) })
	if err == nil {
		return errs, false
	}
	for i := range errs {
		errs[i] = err
	}
	return errs, wasUndone(err)
}

// send is one transaction: its statements go out together, and end with its commit when the results are closed. Until then nothing is
// acknowledged.
func (s *Store) send(ctx context.Context, steps []advance, errs []error) (err error) {
	b := &pgx.Batch{}
	for _, a := range steps {
		b.Queue(advanceSQL, a.sagaID, a.epoch, a.step.State, a.step.Data, a.step.Result, orNull(a.step.Due), a.step.Write)
	}
	results := s.pool.SendBatch(ctx, b)
	defer func() { err = errors.Join(err, results.Close()) }()
	for i := range steps {
		tag, err := results.Exec()
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			errs[i] = journal.ErrFenced
		}
	}
	return nil
}
