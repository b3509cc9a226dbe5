package journal

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// Carries reports whether the step, written under the epoch, is the last thing that the row was told. Its number alone would not do: the
// owner and an operator who takes the row from it may write the same number, of which one lands.
func (r Row) Carries(epoch int64, step Step) bool {
	due := step.Due
	if step.Result != nil {
		due = time.Time{}
	}
	return r.Epoch == epoch && r.Writes == step.Write && r.State == step.State &&
		r.Due.Truncate(time.Microsecond).Equal(due.Truncate(time.Microsecond)) && bytes.Equal(r.Data, step.Data) &&
		r.Closed() == (step.Result != nil) && bytes.Equal(r.Result, step.Result)
}

// Repeated decides about an Advance that changed nothing: nil where the row carries the step, for then it repeats a write whose answer was
// lost; else [ErrFenced]. Show reads the row as whoever wrote the step sees it.
func Repeated(
	ctx context.Context, show func(ctx context.Context, sagaID string) (Row, bool, error), sagaID string, epoch int64, step Step,
) error {
	row, found, err := show(ctx, sagaID)
	switch {
	case err != nil:
		return unknown(err)
	case found && row.Carries(epoch, step):
		return nil
	}
	return ErrFenced
}

// unknown is an ErrUnavailable without the word that nothing was written: that is about the read, and the write may have been made before.
func unknown(err error) error {
	return fmt.Errorf("%w: whether it was written before: %s", ErrUnavailable, err.Error())
}
