package checkout

import (
	"errors"
	"testing"
	"time"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

func TestQuote(t *testing.T) {
	inWorld(t, func(w *world) {
		in := anOrder().Cart
		in.Tip = &storefront.MoneyInput{Amount: "1.50", Currency: "EUR"}
		got, err := w.flow.Quote(w.as(alice()), in)
		q, ok := got.(*Quote)
		if err != nil || !ok || q.ID == "" || q.ETA == nil || !q.ExpiresAt.After(time.Now()) {
			t.Fatalf("quote = %+v, %v", got, err)
		}
		amounts := make([]storefront.Money, 0, len(q.Charges))
		for _, c := range q.Charges {
			amounts = append(amounts, c.Amount)
		}
		if sum, err := storefront.Sum(amounts...); err != nil || sum != q.Total {
			t.Errorf("charges add up to %v, %v; want %v", sum, err, q.Total)
		}
	})
}

func TestQuoteRefused(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(c *CartInput)
		want func(PlacementFailure) bool
	}{
		"address":    {func(c *CartInput) { c.Fulfilment.Delivery.Address = "nowhere" }, is[*AddressNotFound]},
		"area":       {func(c *CartInput) { c.Fulfilment.Delivery.Address = "1 Far Island" }, is[*OutsideDeliveryArea]},
		"dish":       {func(c *CartInput) { c.Lines[0].ItemID = "itm_002_01" }, is[*ItemsUnavailable]},
		"restaurant": {func(c *CartInput) { c.RestaurantID = "res_999" }, is[*ItemsUnavailable]},
		"closed": {func(c *CartInput) {
			c.RestaurantID, c.Lines = "res_030", []CartLineInput{{ItemID: "itm_030_01", Quantity: 1}}
		}, is[*RestaurantClosed]},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := anOrder().Cart
				c.edit(&in)
				got, err := w.flow.Quote(w.as(alice()), in)
				if r, ok := got.(*QuoteRefused); err != nil || !ok || !c.want(r.Reason) {
					t.Errorf("quote = %+v, %v", got, err)
				}
			})
		})
	}
}

// The restaurant's currency is known from the reads; another one starts nothing.
func TestWrongCurrency(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		in.ExpectedTotal.Currency = "USD"
		in.Cart.Tip = &storefront.MoneyInput{Amount: "1", Currency: "USD"}
		_, quoted := w.flow.Quote(w.as(alice()), in.Cart)
		_, placed := w.flow.Place(w.as(alice()), in)
		checkFault(t, quoted, "cart.tip.currency must be EUR, the currency of the restaurant.")
		checkFault(t, placed, "input.expectedTotal.currency must be EUR, the currency of the restaurant.")
		if got := w.placement(in); got != nil {
			t.Errorf("placement = %+v; want nil", got)
		}
	})
}

func is[F PlacementFailure](f PlacementFailure) bool {
	_, ok := f.(F)
	return ok
}

// A service that does not answer is named.
func TestQuoteWithoutAService(t *testing.T) {
	for call, service := range map[string]string{callLocate: "geocoding", callDeliveryQuote: "delivery", "orders POST /quotes": "orders"} {
		inWorld(t, func(w *world) {
			w.tap.make(call, unavailable, 1)
			_, err := w.flow.Quote(w.as(alice()), anOrder().Cart)
			if e := new(fault.Error); !errors.As(err, &e) || e.Service != service || !e.Retryable {
				t.Errorf("%s: error = %v; want %s to be named", call, err, service)
			}
		})
	}
}
