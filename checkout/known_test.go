package checkout

import (
	"testing"
	"time"
)

// A key is known to whom it belongs: from when its order is looked at on, and for as long as the journal has it.
func TestKnownKeys(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		check := func(when string, want bool) {
			t.Helper()
			if got := w.flow.PlaceKnown(w.as(alice()), in.IdempotencyKey); got != want {
				t.Errorf("%s: known %v", when, got)
			}
			if w.flow.PlaceKnown(w.as(bob()), in.IdempotencyKey) || w.flow.PlaceKnown(t.Context(), in.IdempotencyKey) {
				t.Errorf("%s: it is known to others", when)
			}
			for _, other := range []string{"another", "", "\x00"} {
				if w.flow.PlaceKnown(w.as(alice()), other) || w.flow.CancelKnown(w.as(alice()), in.IdempotencyKey) {
					t.Errorf("%s: %q is known", when, other)
				}
			}
		}
		check("before", false)
		run, _, err := w.flow.runs.begin(sagaIDOf(scopeOf(alice(), operationPlace), in.IdempotencyKey))
		if err != nil {
			t.Fatal(err)
		}
		check("while its twin does the reads", true)
		w.flow.runs.end(run, nil)
		check("when that led to nothing", false)
		placed, ok := w.place(in).(*OrderConfirmed)
		if !ok {
			t.Fatal("it is not confirmed")
		}
		check("afterwards", true)
		w.journal.set(func(string) (before, after bool) { return true, false })
		check("while the journal is away", false)
		w.journal.set(nil)
		if w.flow.CancelKnown(w.as(alice()), "off") {
			t.Error("a cancellation that nobody has asked for is known")
		}
		w.called("off", placed.OrderID)
		if !w.flow.CancelKnown(w.as(alice()), "off") || w.flow.CancelKnown(w.as(bob()), "off") {
			t.Error("the cancellation is not known, or to others")
		}
	})
}

// A row that was made of what the services hold makes its key known: only who has the key derives its id.
func TestKnownKeysOfALostJournal(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callConfirm, hangs, 1)
		go w.place(in)
		time.Sleep(time.Millisecond) //nolint:forbidigo // fake time
		w.forget()
		if w.flow.PlaceKnown(w.as(alice()), in.IdempotencyKey) {
			t.Error("it is known without its row")
		}
		w.reconcile(2 * time.Hour)
		if !w.flow.PlaceKnown(w.as(alice()), in.IdempotencyKey) || w.flow.PlaceKnown(w.as(bob()), in.IdempotencyKey) {
			t.Error("it is not known, or to others")
		}
	})
}
