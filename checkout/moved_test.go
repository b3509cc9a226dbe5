package checkout

import (
	"context"
	"testing"
	"time"

	"tiffin/checkout/journal"
)

// moves is a keeper under whose reader an order moves once, after the first look.
type moves struct {
	journal.Keeper

	then func()
}

func (m *moves) Show(ctx context.Context, id string) (journal.Row, bool, error) {
	row, found, err := m.Keeper.Show(ctx, id)
	if m.then != nil {
		m.then()
		m.then = nil
	}
	return row, found, err
}

// The order moves between an operator's look and their word: what the journal holds by then is not overwritten.
func TestResolveOfAnOrderThatMoves(t *testing.T) {
	inWorld(t, func(w *world) {
		in, id := w.stuck(callCapture, hangsAfter)
		moving := &moves{Keeper: w.keeper(), then: func() {
			row := w.row(in)
			if err := w.journal.Store.Advance(w.Context(), id, row.Epoch, journal.Step{Write: row.Writes + 1, State: string(Captured), Data: row.Data}); err != nil {
				t.Fatal(err)
			}
		}}
		_, err := w.flow.Resolve(w.Context(), moving, id, Resolution{Step: "capture", Outcome: OutcomeNotDone, Reason: "so", By: "olga"})
		if row := w.row(in); err == nil || row.State != string(Captured) {
			t.Errorf("row = %+v, %v; want it as it has moved", row, err)
		}
		w.tap.clear()
		defer w.run()()
		time.Sleep(5 * time.Minute) //nolint:forbidigo // fake time
	})
}
