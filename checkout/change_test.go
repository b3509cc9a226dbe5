package checkout

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What an order has changed is told before its client hears how it ended, whichever way it went; a repeat changes nothing.
func TestChangesAreToldBeforeTheAnswer(t *testing.T) {
	for name, edit := range map[string]func(*PlaceOrderInput){
		"confirmed":       func(*PlaceOrderInput) {},
		"turned back":     func(in *PlaceOrderInput) { in.Payment.Card.Token = "tok_declined" },
		"customer's turn": func(in *PlaceOrderInput) { in.Payment.Card.Token = "tok_3ds" },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var told []Change
				w.flow.changed = func(_ context.Context, c Change) { told = append(told, c) }
				in := w.quoted(edit)
				if len(told) != 0 {
					t.Errorf("a quote changed %+v", told)
				}
				result := w.place(in)
				id := sagaID(w.row(in).SagaID)
				want := []Change{{
					OrderID: id.order(), PaymentRef: id.payment(), CustomerID: alice().ID(),
					RestaurantID: in.Cart.RestaurantID, ItemIDs: []string{"itm_001_01", "itm_001_02"},
				}}
				if diff := cmp.Diff(want, told); diff != "" {
					t.Errorf("%T: %s", result, diff)
				}
				if w.place(in); name != "customer's turn" && len(told) != 1 {
					t.Errorf("the repeat changed %+v", told[1:])
				}
				if name == "customer's turn" {
					w.decide(in, "approve")
					if w.placement(in); len(told) != 2 || told[1].OrderID != id.order() {
						t.Errorf("after the customer acted: %+v", told)
					}
				}
			})
		})
	}
}
