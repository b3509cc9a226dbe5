package checkout

import (
	"testing"
	"testing/synctest"
	"time"
)

// outside refuses the address, as the delivery service does whose area has changed.
const outside = refused + "outside_area"

// The journal is lost after an order was confirmed, and its repeat is refused by the reads: it is the order that it was all the same.
func TestRepeatOfALostOrderIsRefusedByTheReads(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		first, ok := w.place(in).(*OrderConfirmed)
		if !ok {
			t.Fatal("not confirmed")
		}
		w.forget()
		w.tap.make(callDeliveryQuote, outside, forever)
		if again, ok := w.place(in).(*OrderConfirmed); !ok || again.OrderID != first.OrderID || again.Total != first.Total {
			t.Errorf("asked again: %+v; want it confirmed", again)
		}
	})
}

// The same for one that was under way: nothing of it is left behind.
func TestRepeatOfALostOrderUnderWayIsRefusedByTheReads(t *testing.T) {
	for _, call := range []string{callReserve, callAuthorize, callAssign, callCapture} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted()
				w.tap.make(call, hangs, 1)
				go w.place(in)
				synctest.Wait()
				w.forget()
				w.tap.make(callDeliveryQuote, outside, forever)
				if _, ok := w.place(in).(*OrderCancelled); !ok {
					t.Error("asked again: want it cancelled")
				}
				w.reconcile(2 * time.Hour)
			})
		})
	}
}

// A service that refuses what it had granted before, to an order that was captured: the way is forward.
func TestRepeatOfALostOrderIsRefusedByAService(t *testing.T) {
	for call, code := range map[string]string{callCreate: "currency_not_supported", callReserve: "unknown_item", callAssign: "outside_area"} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted()
				w.place(in)
				w.forget()
				w.tap.make(call, refused+code, forever)
				w.place(in)
				time.Sleep(time.Minute) //nolint:forbidigo // fake time
				w.tap.clear()
				got := w.settled(in)
				if _, ok := got.(*OrderConfirmed); !ok {
					t.Errorf("asked again: %+v; want it confirmed", got)
				}
			})
		})
	}
}
