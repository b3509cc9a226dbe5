package checkout

import (
	"testing"

	"tiffin/fault"
)

// A no in words that are not in the contract (something in between says it, or a newer service of what passes) proves nothing: the step is
// asked again, and the order is not undone.
func TestWordsThatAreNoRefusal(t *testing.T) {
	for _, call := range []string{callCreate, callReserve, callAuthorize, callAssign, callCapture, callConfirm} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted()
				w.tap.make(call, refused+"concurrent_update", 1)
				if got, ok := w.place(in).(*OrderConfirmed); !ok || w.count(call) != 2 {
					t.Errorf("%+v after %d calls; want it confirmed after two", got, w.count(call))
				}
			})
		})
	}
	t.Run(callDeliveryQuote, func(t *testing.T) {
		inWorld(t, func(w *world) {
			in := w.quoted()
			w.tap.make(callDeliveryQuote, refused+"concurrent_update", 1)
			if got, err := w.flow.Place(w.as(alice()), in); !fault.Is(err, fault.OrderNotStarted) {
				t.Errorf("%+v, %v; want nothing to be started", got, err)
			}
		})
	})
}
