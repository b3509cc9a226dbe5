package checkout

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/checkout/journal/memory"
	"tiffin/internal/storefront"
)

// forget takes the journal away in the middle of whatever is under way, and with it the process.
func (w *world) forget() {
	w.Helper()
	ended, cancel := context.WithCancel(w.Context())
	cancel()
	_ = w.flow.Close(ended)
	w.journal = &flaky{Store: memory.New(memory.Config{}, memory.Deps{}), log: w.log} // another one: who still asks the old process reads the old
	w.tap.clear()
	w.start()
}

// reconcile lets the process look for orders, and drive what it finds, for so long.
func (w *world) reconcile(long time.Duration) {
	w.Helper()
	stop := w.run()
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error)
	go func() { done <- w.flow.Reconcile(ctx) }()
	time.Sleep(long) //nolint:forbidigo // fake time
	cancel()
	if err := <-done; err != nil {
		w.Errorf("Reconcile: %v", err)
	}
	stop()
}

// A journal that was lost while an order was in whatever state: what the services hold is found and settled, and nothing is left behind.
func TestReconcile(t *testing.T) {
	const whole = 2 * time.Hour
	for call, confirmed := range map[string]bool{
		callReserve: false, callAuthorize: false, callAssign: false, callCapture: false, callConfirm: true,
	} {
		for _, when := range []string{hangs, hangsAfter} {
			if call == callCapture && when == hangsAfter {
				confirmed = true // it was captured
			}
			t.Run(call+" "+when, func(t *testing.T) {
				inWorld(t, func(w *world) {
					in := w.quoted()
					w.tap.make(call, when, 1)
					go w.place(in)
					synctest.Wait()
					w.forget()
					if call == callConfirm && when == hangsAfter {
						return // the order service has it confirmed: there is nothing to settle
					}
					w.reconcile(time.Minute)
					w.audit(1) // too young to be judged
					if got := w.placement(in); got != nil {
						t.Errorf("placement = %+v; want it unknown", got)
					}
					w.reconcile(whole)
					w.audit(0)
					if got := w.log.kinds()[EventReconciled]; got != 1 {
						t.Errorf("%d rows were made; want one", got)
					}
					got := w.settled(in)
					if _, ok := got.(*OrderConfirmed); ok != confirmed {
						t.Errorf("result = %+v; want it confirmed: %v", got, confirmed)
					}
					w.log.clear()
					again := w.place(in) // whoever derives the id has the key
					if _, ok := again.(*OrderConfirmed); ok != confirmed || !again.WasReplayed() {
						t.Errorf("asked again = %+v; want it confirmed: %v", again, confirmed)
					}
				})
			})
		}
	}
}

// The same for an order that was being called off.
func TestReconcileCancellation(t *testing.T) {
	for _, call := range cancelCalls() {
		for _, when := range []string{hangs, hangsAfter} {
			t.Run(call+" "+when, func(t *testing.T) {
				inWorld(t, func(w *world) {
					_, order := w.ordered()
					w.tap.make(call, when, 1)
					go w.cancelAs(alice(), "c", order.OrderID)
					synctest.Wait()
					w.forget()
					w.reconcile(2 * time.Hour)
					w.audit(0)
					if call == callRecall && when == hangs {
						w.calledOff(0) // the order service never heard of it
						return
					}
					w.calledOff(1)
					if got, ok := w.called("c", order.OrderID).(*CancellationConfirmed); !ok || got.Refunded != order.Total {
						t.Errorf("result = %+v; want it confirmed", got)
					}
				})
			})
		}
	}
}

// An order whose row is there is left to it, also where it waits for its customer.
func TestReconcileLeavesRowsAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.ActionExpiry = time.Hour
		w.start()
		in := w.quoted(func(in *PlaceOrderInput) { in.Payment.Card.Token = "tok_slow" })
		w.tap.make(callConfirm, unavailable, forever)
		go w.place(in)
		time.Sleep(30 * time.Minute) //nolint:forbidigo // fake time
		before := w.row(in)
		w.reconcile(time.Minute)
		if after := w.row(in); after.State != before.State || after.Scope != before.Scope || w.log.kinds()[EventReconciled] != 0 {
			t.Errorf("row = %+v; want %+v", after, before)
		}
		w.tap.clear()
		w.settled(in)
	})
}

// What is none of ours, or makes no sense, is told and left alone.
func TestReconcileRefuses(t *testing.T) {
	const id = "knpm2bmq6lonroaql3kn4s67zw"
	total := storefront.Money{Minor: 100, Currency: "EUR"}
	f := New(Defaults(), Deps{})
	for name, order := range map[string]orders.Unsettled{
		"another's order":   {ID: "ord_1", PaymentRef: "1", Total: total},
		"another's payment": {ID: "ord_" + id, PaymentRef: "other", Total: total},
		"another's recall":  {ID: "ord_" + id, PaymentRef: id, RecallRef: "desk-1", Total: total},
	} {
		if row, err := f.reconciled(order, nil); err == nil {
			t.Errorf("%s: %+v; want it refused", name, row)
		}
	}
	sum := func(captured, refunded int64) *payments.Payment {
		return &payments.Payment{Captured: storefront.Money{Minor: captured, Currency: "EUR"}, Refunded: storefront.Money{Minor: refunded, Currency: "EUR"}}
	}
	for name, p := range map[string]*payments.Payment{"captured in part": sum(50, 0), "given back": sum(100, 100)} {
		if row, err := f.reconciled(orders.Unsettled{ID: "ord_" + id, PaymentRef: id, Total: total}, p); err == nil {
			t.Errorf("%s: %+v; want it refused", name, row)
		}
	}
}

// A pass that fails is made again soon, and orders come by the page.
func TestReconcileGoesOn(t *testing.T) {
	inWorld(t, func(w *world) {
		const many = 130
		w.tap.make(callReserve, hangs, forever)
		in := w.quoted()
		for n := range many {
			in := in
			in.IdempotencyKey = "k" + string(rune('a'+n%26)) + string(rune('a'+n/26))
			in.QuoteID = nil
			go func() { _, _ = w.flow.Place(w.as(alice()), in) }()
		}
		synctest.Wait()
		w.forget()
		w.tap.make("orders GET /orders", unavailable, 1)
		time.Sleep(20 * time.Minute) //nolint:forbidigo // fake time
		w.reconcile(10 * time.Minute)
		if got := w.log.kinds()[EventReconciled]; got != many {
			t.Errorf("%d rows were made; want %d", got, many)
		}
		w.audit(0)
	})
}
