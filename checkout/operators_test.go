package checkout

import (
	"context"
	"testing"
	"testing/synctest"
)

// While a release is replaced, an operator's word on an order of this one reaches a gateway of the next: it understands the row, and goes
// on with it in its own words, so that a gateway of this release can still take it back.
func TestResolveByTheNextRelease(t *testing.T) {
	for name, outcome := range map[string]Outcome{"captured": OutcomeDone, "not captured": OutcomeNotDone} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				next := w.beside()
				kind := hangs
				if outcome == OutcomeDone {
					kind = hangsAfter
				}
				in, id := w.stuck(callCapture, kind)
				ended, cancel := context.WithCancel(w.Context())
				cancel()
				if err := w.flow.Close(ended); err == nil {
					t.Fatal("nothing was under way")
				}
				w.with(next, func() {
					shown, err := next.Standing(w.Context(), w.keeper(), id)
					if err != nil || shown.State != Capturing {
						t.Errorf("shown as %+v, %v; want it capturing", shown, err)
					}
					w.tap.make(callConfirm, hangs, 1)
					w.tap.make(callVoid, hangs, 1)
					if err := w.resolve(id, "capture", outcome); err != nil {
						t.Error(err)
						return
					}
					synctest.Wait()
					row := w.row(in)
					if want := map[Outcome]State{OutcomeDone: Captured, OutcomeNotDone: Cancelling}[outcome]; row.State != string(want) || row.Version != rowVersion {
						t.Errorf("row = %+v; want it %s, in its own words", row, want)
					}
					w.settled(in)
				})
			})
		})
	}
}

// A gateway shows and resolves the orders of its own release, whatever words these are stored in.
func TestOperatorsOfTheNextRelease(t *testing.T) {
	inWorld(t, func(w *world) {
		next := w.beside()
		w.with(next, func() {
			in, id := w.stuck(callCapture, hangsAfter)
			shown, err := next.Standing(w.Context(), w.keeper(), id)
			open, failed := next.OpenOrders(w.Context(), w.keeper(), 10)
			if err != nil || failed != nil || shown.State != Capturing || shown.Unreadable != "" || len(open) != 1 || open[0] != shown {
				t.Errorf("shown as %+v, %v, listed as %+v, %v; want it capturing", shown, err, open, failed)
			}
			if err := w.resolve(id, "capture", OutcomeDone); err != nil {
				t.Fatal(err)
			}
			if _, ok := w.settled(in).(*OrderConfirmed); !ok || w.row(in).State != "S-CONFIRMED" {
				t.Errorf("row = %+v; want it confirmed, in the words of its release", w.row(in))
			}
		})
	})
}
