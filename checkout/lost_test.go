package checkout

import (
	"testing"
	"time"

	"tiffin/checkout/journal/memory"
)

// lose takes the journal away, and with it the process.
func (w *world) lose() {
	w.Helper()
	if err := w.flow.Close(w.Context()); err != nil {
		w.Errorf("Close: %v", err)
	}
	w.journal = &flaky{Store: memory.New(memory.Config{}, memory.Deps{}), log: w.log}
	w.start()
}

// Without its journal a gateway gives the services the same ids and keys again, so whoever asks again for an order that was settled is
// told the same, and nothing is done twice.
func TestLostJournal(t *testing.T) {
	card := func(token string) func(*PlaceOrderInput) {
		return func(in *PlaceOrderInput) { in.Payment.Card.Token = token }
	}
	for name, test := range map[string]struct {
		edit func(*PlaceOrderInput)
		// decision is the customer's at the bank, where it asks.
		decision  string
		confirmed bool
	}{
		"confirmed":           {edit: card("tok_ok"), confirmed: true},
		"the bank asked, yes": {edit: card("tok_3ds"), decision: "approve", confirmed: true},
		"the bank asked, no":  {edit: card("tok_3ds"), decision: "decline"},
		"declined":            {edit: card("tok_declined")},
		"capture refused":     {edit: card("tok_capture_refused")},
		"out of stock":        {edit: func(in *PlaceOrderInput) { in.Cart.Lines[0].ItemID = "itm_001_20" }},
		"no driver":           {edit: func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = "1 Lonely Road" }},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted(test.edit)
				w.place(in)
				if test.decision != "" {
					w.decide(in, test.decision)
				}
				for _, what := range []string{"first", "after the loss"} {
					w.place(in)
					if _, confirmed := w.settled(in).(*OrderConfirmed); confirmed != test.confirmed {
						t.Errorf("%s: %+v; want it confirmed: %v", what, w.settled(in), test.confirmed)
					}
					w.audit(0)
					w.lose()
				}
			})
		})
	}
}

// A journal that was lost, and then a service that is away for longer than an order waits before the pivot: what was paid for stands, and
// its driver too.
func TestLostJournalInAnOutage(t *testing.T) {
	for _, call := range []string{callReserve, callAuthorize, callAssign} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(w *world) {
				defer w.run()()
				in := w.quoted()
				w.place(in)
				w.lose()
				defer w.run()()
				w.tap.make(call, unavailable, forever)
				w.place(in)
				time.Sleep(time.Minute) //nolint:forbidigo // fake time
				w.tap.clear()
				if got, ok := w.settled(in).(*OrderConfirmed); !ok {
					t.Errorf("after the loss and the outage: %+v; want it confirmed", got)
				}
				w.audit(0)
			})
		})
	}
}

// What was called off stays so, whatever became of the rows: the order is told as it was placed, and nobody is charged again.
func TestLostJournalOfACancellation(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted(func(in *PlaceOrderInput) { in.Payment.Card.Token = "tok_3ds" })
		w.place(in)
		w.decide(in, "approve")
		placed, ok := w.place(in).(*OrderConfirmed)
		if !ok {
			t.Fatalf("%+v; want it confirmed", placed)
		}
		calling := CancelOrderInput{IdempotencyKey: "call-1", OrderID: placed.OrderID}
		for range 2 {
			got, err := w.flow.Cancel(w.as(alice()), calling)
			if _, gone := got.(*CancellationConfirmed); !gone || err != nil {
				t.Errorf("cancelOrder: %+v, %v", got, err)
			}
			w.lose()
			w.place(in)
			if got, ok := w.settled(in).(*OrderConfirmed); !ok {
				t.Errorf("after the loss: %+v; want it as it was placed", got)
			}
			w.audit(0)
		}
	})
}
