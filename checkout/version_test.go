package checkout

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// beside starts a gateway of the next release over the same journal: it knows the rows of this one.
func (w *world) beside() *Flow {
	before := w.flow
	w.start()
	next := w.flow
	w.flow = before
	next.journal = newVersions(w.journal, append([]codec{nextVersion()}, codecs()...))
	return next
}

// hang begins an order at a gateway, and stops with the order at the call.
func (w *world) hang(gateway *Flow, in PlaceOrderInput, call string) (heard chan PlaceOrderResult) {
	w.tap.make(call, hangs, 1)
	heard = make(chan PlaceOrderResult, 1)
	go func() {
		got, err := gateway.Place(w.as(alice()), in)
		if err != nil {
			w.Errorf("Place: %v", err)
		}
		heard <- got
	}()
	synctest.Wait()
	return heard
}

// with lets a function use a gateway as the world's.
func (w *world) with(gateway *Flow, do func()) {
	before := w.flow
	w.flow = gateway
	do()
	w.flow = before
}

// A gateway of the next release goes on with an order of this one, in this one's words, so that this one can take it back.
func TestTheNextReleaseGoesOnWithOrdersOfThisOne(t *testing.T) {
	inWorld(t, func(w *world) {
		this, next := w.flow, w.beside()
		in := w.quoted()
		heard := w.hang(this, in, callAssign) // AUTHORIZED is on disk
		w.crash()
		<-heard
		w.tap.make(callCapture, hangs, 1)
		w.with(next, func() {
			stop := w.run()
			synctest.Wait()
			stop()
			if row := w.row(in); row.Version != rowVersion || row.State != string(Capturing) || row.Owner != next.owner {
				t.Errorf("row = %+v; want it driven by the next release, in this one's words", row)
			}
			w.crash() // and back again: next is gone
			next = w.flow
		})
		defer w.run()()
		got, ok := w.settled(in).(*OrderConfirmed)
		if !ok || w.row(in).Version != rowVersion || w.row(in).State != string(Confirmed) {
			t.Errorf("result = %+v, row %+v; want it confirmed by this release", got, w.row(in))
		}
		w.replays(in, got)
		w.with(w.beside(), func() { w.replays(in, got) })
		_ = next
	})
}

// This release leaves orders of the next one alone, and says that they are on their way; the next one ends them.
func TestThisReleaseLeavesOrdersOfTheNextOneAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		next := w.beside()
		open, parked, settled := w.quoted(), w.quoted(), w.quoted()
		parked.IdempotencyKey, settled.IdempotencyKey = "parked", "settled"
		parked.Payment.Card = &CardInput{Token: "tok_3ds"}
		w.with(next, func() {
			w.place(settled)
			w.place(parked)
		})
		heard := w.hang(next, open, callCapture)
		w.with(next, w.crash) // what follows is by this release alone
		<-heard
		w.log.clear()
		stop := w.run()
		time.Sleep(20 * time.Minute) //nolint:forbidigo // fake time: past the customer's, too
		stop()
		for _, in := range []PlaceOrderInput{open, parked, settled} {
			row := w.row(in)
			if row.Version != rowVersion+1 || row.Epoch != 1 || !strings.HasPrefix(row.State, "S-") {
				t.Errorf("row = %+v; want it as the next release left it", row)
			}
			for _, got := range []PlaceOrderResult{w.place(in), w.placement(in)} {
				if pending, ok := got.(*OrderPending); !ok || !pending.Replayed {
					t.Errorf("%s: %+v; want it pending", in.IdempotencyKey, got)
				}
			}
		}
		if calls := w.log.read(); len(calls) > 0 {
			t.Errorf("calls = %v; want none", calls)
		}
		w.with(w.beside(), func() {
			defer w.run()()
			for in, want := range map[*PlaceOrderInput]string{&open: "confirmed", &parked: "cancelled", &settled: "confirmed"} {
				_, confirmed := w.settled(*in).(*OrderConfirmed)
				if confirmed != (want == "confirmed") || !strings.HasPrefix(w.row(*in).State, "S-") {
					t.Errorf("%s: row %+v; want it %s, by the next release", in.IdempotencyKey, w.row(*in), want)
				}
			}
		})
	})
}
