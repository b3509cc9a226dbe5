package orders_test

import (
	"errors"
	"testing"
	"time"

	"tiffin/backends/orders"
	"tiffin/fault"
	demo "tiffin/internal/demo/orders"
	"tiffin/internal/storefront"
)

func TestAnOrdersLife(t *testing.T) {
	w := newWorld(t, 0)
	order := w.order(t, "ord_1")
	order.Cart.Lines[0].Note = "No coriander"
	order.QuoteID = w.price(t, order.Cart).ID
	w.create(t, order)
	w.pass(time.Second)
	if err := w.client.Confirm(t.Context(), "ord_1:confirm", order.ID); err != nil {
		t.Fatal(err)
	}

	got := w.byID(t, as(t, "alice"), order.ID)
	placed := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	note := "No coriander"
	want := &orders.Order{
		ID: "ord_1", Number: "T-10001", Status: orders.OrderStatusConfirmed, PlacedAt: placed, CustomerID: customer("alice"),
		RestaurantID: "res_002", PaymentRef: "payord_1", Charges: w.price(t, order.Cart).Charges, Total: order.ExpectedTotal,
		Timeline: []orders.OrderEvent{{Status: orders.OrderStatusPending, At: placed}, {Status: orders.OrderStatusConfirmed, At: placed.Add(time.Second)}},
	}
	for n, line := range order.Cart.Lines {
		unit := w.unit(line)
		want.Lines = append(want.Lines, orders.OrderLine{
			ID: line.ID, ItemID: line.ItemID, Title: w.menu.Item(line.ItemID).Name, Options: got.Lines[n].Options, Quantity: line.Quantity,
			UnitPrice: eur(unit), Subtotal: eur(unit * int64(line.Quantity)),
		})
		if len(got.Lines[n].Options) != len(line.Options) {
			t.Errorf("line %d has the options %v, want %v", n, got.Lines[n].Options, line.Options)
		}
	}
	want.Lines[0].Note = &note
	wantSame(t, got, want)

	if err := w.client.Cancel(t.Context(), "ord_1:cancel", order.ID, "customer"); err != nil {
		t.Fatal(err)
	}
	if got := w.byID(t, as(t, "alice"), order.ID); got.Status != orders.OrderStatusCancelled || len(got.Timeline) != 3 {
		t.Errorf("cancelled order: %v", got)
	}
	book := w.service.Books()[0]
	wantSame(t, book, demo.Book{
		OrderID: "ord_1", PaymentRef: "payord_1", State: "cancelled", ConfirmedOnce: true, TotalMinor: order.ExpectedTotal.Minor,
		Currency: "EUR", Lines: map[string]int{order.Cart.Lines[0].ItemID: 2, order.Cart.Lines[1].ItemID: 1},
	})
}

func TestWritesCanBeRepeated(t *testing.T) {
	for _, tt := range []struct {
		name  string
		write func(w *world, key string, order orders.NewOrder) error
	}{
		{"create", func(w *world, key string, order orders.NewOrder) error {
			return w.client.Create(t.Context(), key, order)
		}},
		{"confirm", func(w *world, key string, order orders.NewOrder) error {
			return w.client.Confirm(t.Context(), key, order.ID)
		}},
		{"cancel", func(w *world, key string, order orders.NewOrder) error {
			return w.client.Cancel(t.Context(), key, order.ID, "why")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 0)
			order := w.order(t, "ord_1")
			w.create(t, order)
			for _, key := range []string{"k", "k", "other key"} {
				if err := tt.write(w, key, order); err != nil {
					t.Errorf("under %q: %v", key, err)
				}
			}
			if n := len(w.byID(t, as(t, "alice"), order.ID).Timeline); n > 2 || len(w.service.Books()) != 1 {
				t.Errorf("%d events in %v", n, w.service.Books())
			}
		})
	}
}

func TestAKeyForAnotherRequestIsNoRefusal(t *testing.T) {
	w := newWorld(t, 0)
	order := w.order(t, "ord_1")
	w.create(t, order)
	order.PaymentRef = "another"
	err := w.client.Create(t.Context(), order.ID+":order", order)
	wantFault(t, err, fault.ServiceUnavailable, "idempotency_key_reused")
}

func TestCreateRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(*testing.T, *world, *orders.NewOrder)
		want   string
	}{
		"price changed": {func(_ *testing.T, _ *world, o *orders.NewOrder) { o.ExpectedTotal.Minor-- }, "price_changed"},
		"dish unknown":  {func(_ *testing.T, _ *world, o *orders.NewOrder) { o.Cart.Lines[0].ItemID = "itm_x" }, "items_unavailable"},
		"closed":        {func(_ *testing.T, w *world, o *orders.NewOrder) { o.Cart = w.cart("res_030") }, "restaurant_closed"},
		"currency":      {func(_ *testing.T, _ *world, o *orders.NewOrder) { o.ExpectedTotal.Currency = "USD" }, "currency_not_supported"},
		"tombstone": {func(t *testing.T, w *world, o *orders.NewOrder) {
			t.Helper()
			if err := w.client.Cancel(t.Context(), "undo", o.ID, "gone"); err != nil {
				t.Fatal(err)
			}
		}, "order_cancelled"},
		"cancelled": {func(t *testing.T, w *world, o *orders.NewOrder) {
			t.Helper()
			w.create(t, *o)
			if err := w.client.Cancel(t.Context(), "undo", o.ID, "gone"); err != nil {
				t.Fatal(err)
			}
		}, "order_cancelled"},
		"another order": {func(t *testing.T, w *world, o *orders.NewOrder) {
			t.Helper()
			w.create(t, *o)
			o.PaymentRef = "another"
		}, "order_differs"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			order := w.order(t, "ord_1")
			tt.before(t, w, &order)
			before := len(w.service.Books())
			wantRefused(t, w.client.Create(t.Context(), "late", order), tt.want)
			if after := len(w.service.Books()); after != before {
				t.Errorf("%d orders became %d", before, after)
			}
		})
	}
}

func TestConfirmAndCancelRefusals(t *testing.T) {
	w := newWorld(t, 5)
	w.create(t, w.order(t, "ord_1"))
	if err := w.client.Cancel(t.Context(), "c1", "ord_1", "why"); err != nil {
		t.Fatal(err)
	}
	if err := w.client.Cancel(t.Context(), "c2", "ord_never", "why"); err != nil {
		t.Fatal(err)
	}
	for n, id := range []string{"ord_1", "ord_never", "ord_unknown"} {
		wantRefused(t, w.client.Confirm(t.Context(), "confirm"+letters(n), id), "not_confirmable")
	}
	wantRefused(t, w.client.Cancel(t.Context(), "c3", w.pastOf(t, "completed"), "why"), "not_cancellable")
	if n := len(w.service.Books()); n != 11 {
		t.Errorf("%d orders in the books; a tombstone is none", n)
	}
}

// pastOf is a past order of a status.
func (w *world) pastOf(t *testing.T, status string) string {
	t.Helper()
	for _, order := range w.past {
		if order.Status == status {
			return order.ID
		}
	}
	t.Fatalf("no past order is %s", status)
	return ""
}

func TestAQuotesPriceHolds(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*world, *orders.NewOrder)
		holds  bool
	}{
		"as quoted":             {func(*world, *orders.NewOrder) {}, true},
		"to the last moment":    {func(w *world, _ *orders.NewOrder) { w.pass(10*time.Minute - 1) }, true},
		"other lines' ids":      {func(_ *world, o *orders.NewOrder) { o.Cart.Lines[0].ID = "lin_7" }, true},
		"other order":           {func(_ *world, o *orders.NewOrder) { l := o.Cart.Lines; l[0], l[1] = l[1], l[0] }, true},
		"a note":                {func(_ *world, o *orders.NewOrder) { o.Cart.Lines[0].Note = "hot" }, true},
		"another delivery":      {func(_ *world, o *orders.NewOrder) { o.Cart.DeliveryQuoteID = "dqt_2" }, true},
		"expired":               {func(w *world, _ *orders.NewOrder) { w.pass(10 * time.Minute) }, false},
		"no quote":              {func(_ *world, o *orders.NewOrder) { o.QuoteID = "" }, false},
		"unknown quote":         {func(_ *world, o *orders.NewOrder) { o.QuoteID = "qte_x" }, false},
		"another customer":      {func(_ *world, o *orders.NewOrder) { o.Cart.CustomerID = customer("bob") }, false},
		"one more":              {func(_ *world, o *orders.NewOrder) { o.Cart.Lines[0].Quantity++ }, false},
		"another fee":           {func(_ *world, o *orders.NewOrder) { o.Cart.DeliveryFee.Minor++ }, false},
		"a tip":                 {func(_ *world, o *orders.NewOrder) { o.Cart.Tip = &storefront.Money{Minor: 100, Currency: "EUR"} }, false},
		"not what was expected": {func(_ *world, o *orders.NewOrder) { o.ExpectedTotal.Minor++ }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			cart := w.cart("res_002")
			quote := w.price(t, cart)
			w.service.SetServiceFee(9)
			order := orders.NewOrder{ID: "ord_1", PaymentRef: "p", Cart: cart, QuoteID: quote.ID, ExpectedTotal: quote.Total}
			tt.change(w, &order)
			err := w.client.Create(t.Context(), "k", order)
			if tt.holds {
				if err != nil {
					t.Fatal(err)
				}
				wantSame(t, w.byID(t, as(t, "alice"), order.ID).Charges, quote.Charges)
				return
			}
			wantFreshQuote(t, w, err, order)
		})
	}
}

// wantFreshQuote checks that the refusal brings today's price, and that the order can be had at it.
func wantFreshQuote(t *testing.T, w *world, err error, order orders.NewOrder) {
	t.Helper()
	wantRefused(t, err, "price_changed")
	var changed *orders.PriceChangedError
	if !errors.As(err, &changed) {
		t.Fatalf("%v is no PriceChangedError", err)
	}
	today := w.price(t, order.Cart)
	wantSame(t, changed.Price.Charges, today.Charges)
	w.service.SetServiceFee(1)
	order.QuoteID, order.ExpectedTotal = changed.Price.ID, changed.Price.Total
	if err := w.client.Create(t.Context(), "again", order); err != nil {
		t.Error(err)
	}
}

func TestUnsettled(t *testing.T) {
	w := newWorld(t, 3)
	for _, id := range []string{"ord_a", "ord_b", "ord_c", "ord_d", "ord_e"} {
		w.create(t, w.order(t, id))
		w.pass(time.Minute)
	}
	err := errors.Join(
		w.client.Confirm(t.Context(), "1", "ord_b"), w.client.Recall(t.Context(), "3", "ord_b", "ref"), w.client.Cancel(t.Context(), "2", "ord_c", "why"))
	if err != nil {
		t.Fatal(err)
	}
	unsettled := func(id string, at time.Time, recalled ...any) orders.Unsettled {
		order := orders.Unsettled{ID: id, PaymentRef: "pay" + id, CustomerID: customer("alice"), Total: w.order(t, id).ExpectedTotal, CreatedAt: at, Since: at}
		if len(recalled) > 0 {
			order.RecallRef, order.Since = recalled[0].(string), recalled[1].(time.Time)
		}
		return order
	}
	start := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	got, next, err := w.client.Unsettled(t.Context(), start.Add(4*time.Minute), "")
	if err != nil || next != "" {
		t.Fatalf("next %q, %v", next, err)
	}
	wantSame(t, got, []orders.Unsettled{
		unsettled("ord_a", start), unsettled("ord_b", start.Add(time.Minute), "ref", start.Add(5*time.Minute)), unsettled("ord_d", start.Add(3*time.Minute)),
	})
}

func TestUnsettledGoesOn(t *testing.T) {
	w := newWorld(t, 0)
	const many = 230
	order := w.order(t, "")
	for n := range many {
		order.ID = "ord_" + letters(n)
		w.create(t, order) // all at the same time: the cursor must tell them apart
	}
	seen, after := map[string]bool{}, ""
	for pages := 1; ; pages++ {
		page, next, err := w.client.Unsettled(t.Context(), w.clock().Add(time.Second), after)
		if err != nil || len(page) > 100 {
			t.Fatalf("%d orders, %v", len(page), err)
		}
		for _, o := range page {
			seen[o.ID] = true
		}
		if after = next; next == "" {
			if pages != 3 || len(seen) != many {
				t.Errorf("%d orders on %d pages", len(seen), pages)
			}
			return
		}
	}
}
