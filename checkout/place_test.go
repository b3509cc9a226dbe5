package checkout

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

// The calls of an order, as the services see them.
const (
	callLocate        = "geocoding GET /geocode"
	callDeliveryQuote = "delivery POST /quotes"
	callFindOrder     = "orders GET /orders/{order_ref}"
	callCreate        = "orders PUT /orders/{order_ref}"
	callReserve       = "inventory PUT /reservations/{order_id}"
	callAuthorize     = "payments POST /payments/authorize"
	callInquire       = "payments POST /payments/inquiry"
	callAssign        = "delivery PUT /deliveries/{order_id}"
	callDeliveries    = "delivery GET /deliveries"
	callCapture       = "payments POST /payments/capture"
	callConfirm       = "orders POST /orders/{order_ref}/confirm"

	callCancelDriver = "delivery POST /deliveries/{order_id}/cancel"
	callVoid         = "payments POST /payments/void"
	callRelease      = "inventory POST /reservations/{order_id}/release"
	callCancelOrder  = "orders POST /orders/{order_ref}/cancel"
)

// The undo, in its order: a look at the payment comes first.
func undo() []string {
	return []string{"journal CANCELLING", callInquire, callCancelDriver, callVoid, callRelease, callCancelOrder, "journal CANCELLED"}
}

// The undo of an order whose payment failed: there is nothing to look for.
func undoUnpaid() []string { return slices.Delete(undo(), 1, 2) }

// Reads before writes, serviceability before money, capture last but one; and what the journal holds before each of them.
func TestAllGood(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		got := w.place(in)
		total, _ := in.ExpectedTotal.Money()
		want := &OrderConfirmed{OrderID: "ord_" + w.row(in).SagaID, Total: total}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{
			callLocate, callDeliveryQuote, "journal STARTED", callCreate, callReserve, callAuthorize, "journal AUTHORIZED",
			callAssign, "journal CAPTURING", callCapture, callConfirm, "journal CONFIRMED",
		}, w.log.read()); diff != "" {
			t.Errorf("order of calls (-want +got):\n%s", diff)
		}
		row := w.row(in)
		if row.Request != nil || row.Fingerprint == "" || string(row.Result) == "" {
			t.Errorf("row = %+v; want the request erased, fingerprint and result kept", row)
		}
		if diff := cmp.Diff(map[EventKind]int{EventSettled: 1}, w.log.kinds()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// Each refusal has its type, leaves nothing behind, and is the same for every repeat.
func TestRefusals(t *testing.T) {
	started := []string{callLocate, callDeliveryQuote, "journal STARTED", callCreate}
	after := func(calls ...string) []string {
		back := undo()
		if last := len(calls) - 1; last >= 0 && (calls[last] == callAuthorize || calls[last] == callCapture) {
			back = undoUnpaid()
		}
		return slices.Concat(started, calls, back)
	}
	to := func(address string) func(*PlaceOrderInput) {
		return func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = address }
	}
	dish := func(id string, quantity int32) func(*PlaceOrderInput) {
		return func(in *PlaceOrderInput) {
			in.Cart.Lines = append(in.Cart.Lines, CartLineInput{ItemID: id, Quantity: quantity})
		}
	}
	token := func(token string) func(*PlaceOrderInput) {
		return func(in *PlaceOrderInput) { in.Payment.Card.Token = token }
	}
	for _, c := range []struct {
		name string
		edit func(in *PlaceOrderInput)
		want PlacementFailure
		log  []string
	}{
		{"nothing left of a dish", dish("itm_001_20", 1), &OutOfStock{Failure{"Some dishes are sold out, or too few are left.", true}, []OutOfStockItem{{"itm_001_20", 0}}}, after(callReserve)},
		{"too little left of a dish", dish("itm_001_19", 2), &OutOfStock{Failure{"Some dishes are sold out, or too few are left.", true}, []OutOfStockItem{{"itm_001_19", 1}}}, after(callReserve)},
		{"a dish that is not on the menu", dish("itm_002_01", 1), itemsUnavailable([]string{"itm_002_01"}), after()},
		{"the card is declined", token("tok_declined"), paymentDeclined(), after(callReserve, callAuthorize)},
		{"no driver", to("1 Lonely Road"), noDriver(), after(callReserve, callAuthorize, "journal AUTHORIZED", callAssign)},
		{"the bank lets the capture fail", token("tok_capture_refused"), paymentDeclined(), after(callReserve, callAuthorize, "journal AUTHORIZED", callAssign, "journal CAPTURING", callCapture)},
		{"an unknown address", to("99 Nowhere Boulevard"), nil, []string{callLocate, callFindOrder, "journal CANCELLED"}},
		{"an address out of reach", to("1 Far Island"), &OutsideDeliveryArea{Failure{"The restaurant does not deliver to this address.", false}}, []string{callLocate, callDeliveryQuote, callFindOrder, "journal CANCELLED"}},
		{"an unknown restaurant", func(in *PlaceOrderInput) { in.Cart.RestaurantID = "res_999" }, itemsUnavailable([]string{"itm_001_01", "itm_001_02"}), []string{callLocate, callDeliveryQuote, callFindOrder, "journal CANCELLED"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted(c.edit)
				got, ok := w.place(in).(*OrderCancelled)
				if !ok || got.Replayed || got.Charged || got.OrderID != "ord_"+w.row(in).SagaID {
					t.Fatalf("result = %+v; want it cancelled", got)
				}
				if diff := cmp.Diff(c.want, got.Reason); diff != "" && c.want != nil {
					t.Errorf("reason (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(c.log, w.log.read()); diff != "" {
					t.Errorf("order of calls (-want +got):\n%s", diff)
				}
				if row := w.row(in); row.Request != nil {
					t.Errorf("request = %s; want it erased", row.Request)
				}
				w.replays(in, got)
			})
		})
	}
}

// replays wants the same result, as a replay and without a call, from Place and Placement.
func (w *world) replays(in PlaceOrderInput, first PlaceOrderResult) {
	w.Helper()
	w.log.clear()
	again, later := w.place(in), w.placement(in)
	if !replayed(again) || !replayed(later) {
		w.Errorf("results = %+v, %+v; want replays", again, later)
	}
	for _, r := range []PlaceOrderResult{again, later} {
		if diff := cmp.Diff(first, fresh(r)); diff != "" {
			w.Errorf("replay (-first +replay):\n%s", diff)
		}
	}
	if calls := w.log.read(); len(calls) > 0 {
		w.Errorf("a replay made calls: %v", calls)
	}
}

func replayed(r PlaceOrderResult) bool { return *flag(r) }

// fresh is the result without its flag.
func fresh(r PlaceOrderResult) PlaceOrderResult {
	*flag(r) = false
	return r
}

func flag(r PlaceOrderResult) *bool {
	switch r := r.(type) {
	case *OrderConfirmed:
		return &r.Replayed
	case *OrderPending:
		return &r.Replayed
	case *OrderActionRequired:
		return &r.Replayed
	case *OrderCancelled:
		return &r.Replayed
	}
	panic("no result")
}

func TestAddressNotFoundSuggests(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted(func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = "12 Cury Lane" })
		got, _ := w.place(in).(*OrderCancelled)
		reason, ok := got.Reason.(*AddressNotFound)
		if !ok || len(reason.Suggestions) == 0 || reason.Retryable {
			t.Errorf("reason = %+v; want suggestions", got.Reason)
		}
	})
}

// A closed restaurant and a changed price depend on the hour and the price list.
func TestRestaurantClosed(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted(func(in *PlaceOrderInput) {
			in.Cart.RestaurantID, in.Cart.Lines[0].ItemID, in.Cart.Lines[1].ItemID = "res_030", "itm_030_01", "itm_030_02"
		})
		got, _ := w.place(in).(*OrderCancelled)
		reason, ok := got.Reason.(*RestaurantClosed)
		if !ok || reason.OpensAt == nil || !reason.OpensAt.After(time.Now()) || !reason.Retryable {
			t.Errorf("reason = %+v; want it closed until later", got.Reason)
		}
		w.replays(in, got)
	})
}

// The answer to a changed price carries a quote that can be agreed to, with a new key.
func TestPriceChanged(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		asked := in.ExpectedTotal
		in.ExpectedTotal.Amount = "1.00"
		got, _ := w.place(in).(*OrderCancelled)
		reason, ok := got.Reason.(*PriceChanged)
		if !ok || reason.Quote.Total.Amount() != asked.Amount || reason.Quote.ETA == nil || !reason.Retryable {
			t.Fatalf("reason = %+v; want the price of %v", got.Reason, asked)
		}
		w.replays(in, got)
		in.IdempotencyKey, in.ExpectedTotal, in.QuoteID = "second", asked, &reason.Quote.ID
		if got, ok := w.place(in).(*OrderConfirmed); !ok {
			t.Errorf("at the new price: %+v; want it confirmed", got)
		}
	})
}

// Everything a cart can hold arrives: merged lines, a note, a tip, a pin, a wallet.
func TestAFullCart(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted(func(in *PlaceOrderInput) {
			in.Cart.Lines = append(in.Cart.Lines, in.Cart.Lines[0], CartLineInput{ItemID: "itm_001_01", Quantity: 1, Note: new("Hot!")})
			in.Cart.Tip = &storefront.MoneyInput{Amount: "2.5", Currency: "EUR"}
			to := in.Cart.Fulfilment.Delivery
			to.Address, to.Pin = "the boat by the bridge", &storefront.Coordinates{Latitude: 48.138, Longitude: 11.574}
			to.RecipientPhone, to.Instructions, to.RequestedFor = new("+49 89 1234567"), new("Ring twice."), new(time.Now().Add(3*time.Hour))
			in.Payment = PaymentMethodInput{Wallet: &WalletInput{WalletGooglePay, "tok_ok"}}
		})
		if got, ok := w.place(in).(*OrderConfirmed); !ok {
			t.Fatalf("result = %+v; want it confirmed", got)
		}
		if calls := w.log.read(); calls[0] != callDeliveryQuote {
			t.Errorf("calls = %v; want no look-up of an address that is pinned", calls)
		}
		if lines := w.orders.Books()[0].Lines; lines["itm_001_01"] != 5 || lines["itm_001_02"] != 1 {
			t.Errorf("ordered %v; want 2+2+1 and 1", lines)
		}
	})
}

// The driver is found after two seconds; the order waits for them.
func TestSearchingDriver(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted(func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = "1 Slow Lane" })
		began := time.Now()
		if got, ok := w.place(in).(*OrderConfirmed); !ok {
			t.Fatalf("result = %+v; want it confirmed", got)
		}
		if took := time.Since(began); took < 2*time.Second || took > 4*time.Second {
			t.Errorf("took %v; want a little more than the search", took)
		}
	})
}

// A search that does not end within the patience is as good as no driver.
func TestSearchWithoutEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted(func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = "1 Slow Lane" })
		w.tap.make(callDeliveries, unavailable, forever)
		if got, ok := w.place(in).(*OrderPending); !ok || got.Replayed || got.RetryAfterMs != 1000 {
			t.Fatalf("result = %+v; want it pending", got)
		}
		got, _ := w.place(in).(*OrderCancelled)
		if diff := cmp.Diff(noDriver(), got.Reason); diff != "" {
			t.Errorf("reason (-want +got):\n%s", diff)
		}
	})
}

// The bank takes three seconds; nothing is done twice.
func TestSlowBank(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted(func(in *PlaceOrderInput) { in.Payment.Card.Token = "tok_slow" })
		if got, ok := w.place(in).(*OrderConfirmed); !ok {
			t.Fatalf("result = %+v; want it confirmed", got)
		}
	})
}

func TestBadRequests(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		nobody := w.Context()
		bad := in
		bad.Cart.Lines = nil
		_, place := w.flow.Place(nobody, in)
		_, quote := w.flow.Quote(nobody, in.Cart)
		_, placement := w.flow.Placement(nobody, in.IdempotencyKey)
		_, badPlace := w.flow.Place(w.as(alice()), bad)
		_, badQuote := w.flow.Quote(w.as(alice()), bad.Cart)
		_, badPlacement := w.flow.Placement(w.as(alice()), "")
		for name, c := range map[string]struct {
			err  error
			code fault.Code
		}{
			"Place by nobody": {place, fault.Unauthenticated}, "Quote by nobody": {quote, fault.Unauthenticated},
			"Placement by nobody": {placement, fault.Unauthenticated}, "bad Place": {badPlace, fault.BadUserInput},
			"bad Quote": {badQuote, fault.BadUserInput}, "bad Placement": {badPlacement, fault.BadUserInput},
		} {
			if e := new(fault.Error); !errors.As(c.err, &e) || e.Code != c.code {
				t.Errorf("%s: error = %v; want %s", name, c.err, c.code)
			}
		}
		if calls := w.log.read(); len(calls) > 0 {
			t.Errorf("calls = %v; want none", calls)
		}
	})
}

// A key that never arrived has no placement.
func TestNoPlacement(t *testing.T) {
	inWorld(t, func(w *world) {
		if got := w.placement(anOrder()); got != nil {
			t.Errorf("placement = %+v; want nil", got)
		}
	})
}
