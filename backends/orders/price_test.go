package orders_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tiffin/backends/orders"
	"tiffin/fault"
	"tiffin/identity"
	"tiffin/internal/storefront"
	"tiffin/internal/testkit"
)

func TestPrice(t *testing.T) {
	w := newWorld(t, 0)
	subtotal := func(c orders.Cart) int64 {
		var sum int64
		for _, line := range c.Lines {
			sum += w.unit(line) * int64(line.Quantity)
		}
		return sum
	}
	tip, nothing := eur(150), eur(0)
	for name, tt := range map[string]struct {
		restaurant string
		tip        *storefront.Money
		more       []orders.Charge // after subtotal, fee and service fee
	}{
		"plain":    {"res_002", nil, nil},
		"tip":      {"res_002", &tip, []orders.Charge{{Kind: orders.ChargeTip, Label: "Tip", Amount: tip}}},
		"no tip":   {"res_002", &nothing, nil},
		"discount": {"res_005", nil, []orders.Charge{{Kind: orders.ChargeDiscount, Label: "Discount"}}},
	} {
		t.Run(name, func(t *testing.T) {
			cart := w.cart(tt.restaurant)
			cart.Tip = tt.tip
			dishes := subtotal(cart)
			want := orders.PricedCart{Charges: append([]orders.Charge{
				{Kind: orders.ChargeSubtotal, Label: "Subtotal", Amount: eur(dishes)},
				{Kind: orders.ChargeDeliveryFee, Label: "Delivery", Amount: eur(290)},
				{Kind: orders.ChargeServiceFee, Label: "Service fee", Amount: eur((dishes*5 + 50) / 100)},
			}, tt.more...), Total: eur(0), ExpiresAt: w.clock().Add(10 * time.Minute)}
			for n, charge := range want.Charges {
				if charge.Kind == orders.ChargeDiscount {
					want.Charges[n].Amount = eur(-(dishes*10 + 50) / 100)
				}
				want.Total.Minor += want.Charges[n].Amount.Minor
			}
			got := w.price(t, cart)
			if got.ID == "" {
				t.Error("the quote has no id")
			}
			want.ID = got.ID
			wantSame(t, got, want)
		})
	}
}

// unit is the price of one dish with its options, from the catalogue.
func (w *world) unit(line orders.CartLine) int64 {
	item := w.menu.Item(line.ItemID)
	price := item.PriceMinor
	for _, group := range item.Groups {
		for _, option := range group.Options {
			for _, chosen := range line.Options {
				if chosen == (orders.CartOption{GroupID: group.ID, OptionID: option.ID}) {
					price += option.PriceMinor
				}
			}
		}
	}
	return price
}

func TestLabelsAreInTheCallersLanguage(t *testing.T) {
	w := newWorld(t, 0)
	network := testkit.Start(t, map[string]http.Handler{"orders": w.seen})
	client := orders.New(spoken{network.Transport()})
	for locale, want := range map[string]string{"": "Delivery", "en": "Delivery", "de": "Lieferung", "de-AT": "Lieferung", "fr": "Delivery"} {
		priced, err := client.Price(identity.WithLocale(t.Context(), locale), w.cart("res_002"))
		if err != nil || priced.Charges[1].Label != want {
			t.Errorf("%q: label %v, %v, want %s", locale, priced.Charges, err, want)
		}
	}
}

// spoken adds the caller's language, as the transport under a client does.
type spoken struct{ next http.RoundTripper }

func (s spoken) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept-Language", identity.Locale(r.Context()))
	return s.next.RoundTrip(r)
}

func TestPriceRefusals(t *testing.T) {
	w := newWorld(t, 0)
	optional := w.itemWithOptions(t)
	missing := func(lines ...orders.CartLine) orders.Cart {
		cart := w.cart("res_002")
		cart.Lines = append(cart.Lines[:1], lines...)
		return cart
	}
	elsewhere := w.menu.Restaurant("res_003").Items()[0].ID
	spoilt := func(spoil func(*orders.CartLine)) orders.CartLine {
		line := w.line("lin_9", optional, 1)
		spoil(&line)
		return line
	}
	for name, tt := range map[string]struct {
		cart orders.Cart
		want []string
	}{
		"unknown dish":      {missing(orders.CartLine{ID: "lin_3", ItemID: "itm_x", Quantity: 1}), []string{"itm_x"}},
		"another kitchen's": {missing(w.line("lin_3", elsewhere, 1)), []string{elsewhere}},
		"twice, and two": {missing(orders.CartLine{ID: "a", ItemID: "itm_x", Quantity: 1}, orders.CartLine{ID: "b", ItemID: "itm_y", Quantity: 1},
			orders.CartLine{ID: "c", ItemID: "itm_x", Quantity: 1}), []string{"itm_x", "itm_y"}},
		"too few options":  {missing(spoilt(func(l *orders.CartLine) { l.Options = nil })), []string{optional}},
		"too many options": {missing(spoilt(func(l *orders.CartLine) { l.Options = w.allOptions(optional) })), []string{optional}},
		"option twice":     {missing(spoilt(func(l *orders.CartLine) { l.Options = append(l.Options, l.Options[0]) })), []string{optional}},
		"unknown option":   {missing(spoilt(func(l *orders.CartLine) { l.Options[0].OptionID = "opt_x" })), []string{optional}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.client.Price(t.Context(), tt.cart)
			wantRefused(t, err, "items_unavailable")
			var unavailable *orders.ItemsUnavailableError
			if !errors.As(err, &unavailable) {
				t.Fatalf("%v is no ItemsUnavailableError", err)
			}
			wantSame(t, unavailable.ItemIDs, tt.want)
		})
	}
	t.Run("closed", func(t *testing.T) {
		_, err := w.client.Price(t.Context(), w.cart("res_030"))
		wantRefused(t, err, "restaurant_closed")
		var closed *orders.RestaurantClosedError
		opens := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		if !errors.As(err, &closed) || closed.OpensAt == nil || !closed.OpensAt.Equal(opens) {
			t.Errorf("%v, want it to open at %v", err, opens)
		}
	})
	t.Run("currency", func(t *testing.T) {
		cart := w.cart("res_002")
		cart.Tip = &storefront.Money{Minor: 100, Currency: "JPY"}
		_, err := w.client.Price(t.Context(), cart)
		wantRefused(t, err, "currency_not_supported")
	})
}

// itemWithOptions is a dish of res_002 that needs an option.
func (w *world) itemWithOptions(t *testing.T) string {
	t.Helper()
	for _, item := range w.menu.Restaurant("res_002").Items() {
		if len(item.Groups) > 0 && item.Groups[0].Minimum > 0 {
			return item.ID
		}
	}
	t.Fatal("no dish of res_002 needs an option")
	return ""
}

func (w *world) allOptions(item string) []orders.CartOption {
	var all []orders.CartOption
	for _, group := range w.menu.Item(item).Groups {
		for _, option := range group.Options {
			all = append(all, orders.CartOption{GroupID: group.ID, OptionID: option.ID})
		}
	}
	return all
}

// Whatever the cart: the charges add up, the dishes cost what the menu says, and the order that is created at that total reads back so.
func TestAnyCart(t *testing.T) {
	w := newWorld(t, 0)
	number := 0
	rapid.Check(t, func(rt *rapid.T) {
		cart := w.anyCart(rt)
		priced, err := w.client.Price(t.Context(), cart)
		if err != nil {
			rt.Fatal(err)
		}
		var sum, dishes int64
		for _, charge := range priced.Charges {
			sum += charge.Amount.Minor
		}
		for _, line := range cart.Lines {
			dishes += w.unit(line) * int64(line.Quantity)
		}
		if priced.Total != eur(sum) || priced.Charges[0].Amount != eur(dishes) {
			rt.Fatalf("total %s of charges %v; the dishes cost %d", priced.Total, priced.Charges, dishes)
		}
		if fee := priced.Charges[2]; fee.Kind != orders.ChargeServiceFee || fee.Amount != eur((dishes*5+50)/100) {
			rt.Fatalf("a service fee of %v on %d", fee, dishes)
		}
		number++
		order := orders.NewOrder{ID: "ord_" + letters(number), PaymentRef: "p", Cart: cart, ExpectedTotal: priced.Total, QuoteID: priced.ID}
		if err := w.client.Create(t.Context(), order.ID, order); err != nil {
			rt.Fatal(err)
		}
		got := w.byID(t, as(t, "alice"), order.ID)
		if got.Total != priced.Total || len(got.Lines) != len(cart.Lines) {
			rt.Fatalf("read back as %v", got)
		}
	})
}

func letters(n int) string {
	return string(rune('a'+n/676%26)) + string(rune('a'+n/26%26)) + string(rune('a'+n%26))
}

func (w *world) anyCart(rt *rapid.T) orders.Cart {
	restaurant := rapid.SampledFrom(w.menu.Restaurants[:29]).Draw(rt, "restaurant") // the last one is closed
	cart := orders.Cart{CustomerID: customer("alice"), RestaurantID: restaurant.ID, DeliveryQuoteID: "dqt_1"}
	cart.DeliveryFee = eur(rapid.Int64Range(0, 2000).Draw(rt, "fee"))
	if rapid.Bool().Draw(rt, "tips") {
		tip := eur(rapid.Int64Range(0, 5000).Draw(rt, "tip"))
		cart.Tip = &tip
	}
	for n := range rapid.IntRange(1, 6).Draw(rt, "lines") {
		item := rapid.SampledFrom(restaurant.Items()).Draw(rt, "item")
		line := orders.CartLine{ID: "lin_" + letters(n), ItemID: item.ID, Quantity: rapid.Int32Range(1, 99).Draw(rt, "quantity")}
		for _, group := range item.Groups {
			count := rapid.IntRange(group.Minimum, min(group.Maximum, len(group.Options))).Draw(rt, "options")
			for _, option := range rapid.Permutation(group.Options).Draw(rt, "order")[:count] {
				line.Options = append(line.Options, orders.CartOption{GroupID: group.ID, OptionID: option.ID})
			}
		}
		cart.Lines = append(cart.Lines, line)
	}
	return cart
}

func TestPriceOfWhatIsNoCart(t *testing.T) {
	w := newWorld(t, 0)
	bare := over(t, w.service.Handler()) // the contract forbids these requests
	cart := w.cart("res_002")
	cart.Lines = nil
	_, err := bare.Price(t.Context(), cart)
	wantFault(t, err, fault.ServiceUnavailable, "malformed: a cart has 1 to 50 lines")
}
