package checkout

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/checkout/journal"
	"tiffin/internal/storefront"
)

// differs lets an order come to its end while the order service says yes to a call and does nothing.
func (w *world) differs(call, status string, times int, end func()) {
	w.Helper()
	w.cfg.ReconcileAfter, w.cfg.ReconcileEvery = 2*time.Minute, 3*time.Minute
	w.start()
	w.tap.make(call, pretends+status, times)
	end()
	w.log.clear()
}

// told wants to have heard so often of an order that was left, and of one that was brought to its end.
func (w *world) told(what string, left, again int) {
	w.Helper()
	kinds := w.log.kinds()
	if kinds[EventContradicted] != left || kinds[EventReapplied] != again || kinds[EventReconciled] != 0 {
		w.Errorf("%s: events = %v; want %d left and %d brought to their end", what, kinds, left, again)
	}
}

// What the order service has lost since it acknowledged it, it is told once more: by the row, under another key, and by nothing else.
func TestAnEndIsAppliedAgain(t *testing.T) {
	order := func(address string) func(w *world) {
		return func(w *world) {
			in := w.quoted(func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = address })
			w.place(in)
		}
	}
	usual := anOrder().Cart.Fulfilment.Delivery.Address
	for name, c := range map[string]struct {
		call, status string
		end          func(w *world)
		want         State
	}{
		"confirmed": {callConfirm, "confirmed", order(usual), Confirmed},
		"cancelled": {callCancelOrder, "cancelled", order("1 Lonely Road"), Cancelled},
		"called off": {callCancelOrder, "cancelled", func(w *world) {
			_, confirmed := w.ordered()
			w.called("c", confirmed.OrderID)
		}, Cancelled},
	} {
		for trouble, kind := range map[string]string{"at once": "", "after a call without an answer": unavailable, "after a lost answer": lost} {
			t.Run(name+", "+trouble, func(t *testing.T) {
				inWorld(t, func(w *world) {
					w.differs(c.call, c.status, 1, func() { c.end(w) })
					w.reconcile(time.Minute)
					w.told("too young", 0, 0)
					w.audit(1)
					if kind != "" {
						w.tap.make(c.call, kind, 1)
					}
					w.log.clear()
					w.reconcile(6 * time.Minute)
					w.audit(0)
					if kind == lost { // it was done, and so nothing was left to be done
						w.told("after", 0, 0)
					} else {
						w.told("after", 0, 1)
					}
					if keys := w.tap.keysOf(c.call); len(keys) != 2 {
						t.Errorf("keys = %v; want the first one and one of its own", keys)
					}
					for _, line := range w.log.read() {
						switch line {
						case c.call, "orders GET /orders", callFindOrder, "payments POST /payments/inquiries", callInquire, callDeliveries:
						default:
							t.Errorf("%s; want nothing but looks and the one call", line)
						}
					}
				})
			})
		}
	}
}

// What cannot be brought to its end is told, once, however often it is looked at.
func TestAContradictionIsToldOnce(t *testing.T) {
	for name, c := range map[string]struct {
		// prepare is called when the order has its end in the journal only.
		prepare func(w *world)
		calls   int
	}{
		"it is on its way to the customer": {func(*world) {
			time.Sleep(2 * time.Hour) //nolint:forbidigo // fake time
		}, 0},
		"the order service says yes again and does nothing": {func(w *world) { w.tap.make(callConfirm, pretends+"confirmed", forever) }, 5},
		"the order service refuses":                         {func(w *world) { w.tap.make(callConfirm, refused+"not_confirmable", forever) }, 5},
		"payments cannot be asked":                          {func(w *world) { w.declare(payments.Service, func(p *Promises) { p.Inquiry = false }) }, 0},
		"orders cannot be asked":                            {func(w *world) { w.declare(orders.Service, func(p *Promises) { p.Inquiry = false }) }, 0},
		"deliveries cannot be asked":                        {func(w *world) { w.declare("delivery", func(p *Promises) { p.Inquiry = false }) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var got PlaceOrderResult
				w.differs(callConfirm, "confirmed", 1, func() { got = w.place(w.quoted()) })
				c.prepare(w)
				w.start()
				time.Sleep(2*time.Minute + time.Second) //nolint:forbidigo // fake time
				w.reconcile(14 * time.Minute)
				w.told("after five looks", 1, 0)
				if n := w.count(callConfirm); n > c.calls || (n == 0) != (c.calls == 0) {
					t.Errorf("%d calls; want %d at the most", n, c.calls)
				}
				w.audit(1)
				w.tap.clear()
				if err := w.flow.orders.Confirm(w.Context(), "by-hand", got.(*OrderConfirmed).OrderID); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// An order that was settled while its page was on its way is none that differs, whatever the clocks say.
func TestAnOldPageIsNoContradiction(t *testing.T) {
	inWorld(t, func(w *world) {
		w.tap.make(callConfirm, hangs, 1)
		in := w.quoted()
		go w.place(in)
		synctest.Wait()
		page, _, err := w.flow.orders.Unsettled(w.Context(), time.Now().Add(time.Hour), "")
		if err != nil || len(page) != 1 {
			t.Fatalf("Unsettled = %+v, %v; want the order", page, err)
		}
		if err := w.flow.adopt(w.Context(), page, newTold()); err != nil {
			t.Error(err)
		}
		w.settled(in)
		calls := w.count(callConfirm)
		if err := w.flow.adopt(w.Context(), page, newTold()); err != nil {
			t.Error(err)
		}
		w.told("after", 0, 0)
		if n := w.count(callConfirm); n != calls {
			t.Errorf("%d calls to confirm, %d before", n, calls)
		}
	})
}

// Where more than the order service's word was lost, no call is made.
func TestOnlyAnExactEndIsApplied(t *testing.T) {
	const id = "knpm2bmq6lonroaql3kn4s67zw"
	euro := func(minor int64) storefront.Money { return storefront.Money{Minor: minor, Currency: "EUR"} }
	paid := func(captured, refunded int64, status payments.PaymentStatus) *payments.Payment {
		return &payments.Payment{Captured: euro(captured), Refunded: euro(refunded), Status: status}
	}
	ended := func(r result) []byte {
		stored, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		return stored
	}
	total, less := euro(100), euro(99)
	place := orders.Unsettled{ID: "ord_" + id, PaymentRef: id, Total: euro(100)}
	recall := orders.Unsettled{ID: "ord_" + id, PaymentRef: id, RecallRef: "r", Total: euro(100)}
	confirmed := journal.Row{SagaID: id, Kind: kindPlace, State: string(Confirmed), Data: []byte(`{}`), Result: ended(result{Total: &total})}
	cancelled := journal.Row{SagaID: id, Kind: kindPlace, State: string(Cancelled), Data: []byte(`{}`), Result: ended(result{Reason: &reason{timedOut()}})}
	off := journal.Row{SagaID: "r", Kind: kindCancel, State: string(Cancelled), Data: []byte(`{"orderId":"ord_` + id + `"}`), Result: []byte(`{}`)}
	with := func(row journal.Row, change func(*journal.Row)) journal.Row { change(&row); return row }
	elsewhere := place
	elsewhere.PaymentRef = "other"
	for name, c := range map[string]struct {
		differing
		payment *payments.Payment
		step    string
	}{
		"cancelled, never authorized":   {differing{place, cancelled}, nil, "order-undo"},
		"cancelled, voided":             {differing{place, cancelled}, paid(0, 0, payments.PaymentStatusVoided), "order-undo"},
		"cancelled, given back by hand": {differing{place, cancelled}, paid(100, 100, payments.PaymentStatusRefunded), "order-undo"},
		"cancelled, captured":           {differing{place, cancelled}, paid(100, 0, payments.PaymentStatusCaptured), ""},
		"cancelled, half given back":    {differing{place, cancelled}, paid(100, 50, payments.PaymentStatusRefunded), ""},
		"cancelled, held":               {differing{place, cancelled}, paid(0, 0, payments.PaymentStatusAuthorized), ""},
		"cancelled, at the bank":        {differing{place, cancelled}, paid(0, 0, payments.PaymentStatusActionRequired), ""},
		"cancelled, another payment":    {differing{elsewhere, cancelled}, nil, ""},
		"cancelled, unreadable":         {differing{place, with(cancelled, func(r *journal.Row) { r.Result = []byte("\x01") })}, nil, ""},
		"confirmed, not paid":           {differing{place, confirmed}, nil, ""},
		"confirmed, held":               {differing{place, confirmed}, paid(0, 0, payments.PaymentStatusAuthorized), ""},
		"confirmed, paid in part":       {differing{place, confirmed}, paid(50, 0, payments.PaymentStatusCaptured), ""},
		"confirmed, given back":         {differing{place, confirmed}, paid(100, 100, payments.PaymentStatusRefunded), ""},
		"confirmed, another total":      {differing{place, with(confirmed, func(r *journal.Row) { r.Result = ended(result{Total: &less}) })}, paid(100, 0, payments.PaymentStatusCaptured), ""},
		"called off":                    {differing{recall, off}, paid(100, 100, payments.PaymentStatusRefunded), "order-undo"},
		"called off, not given back":    {differing{recall, off}, paid(100, 0, payments.PaymentStatusCaptured), ""},
		"called off, half given back":   {differing{recall, off}, paid(100, 50, payments.PaymentStatusRefunded), ""},
		"called off, never paid":        {differing{recall, off}, nil, ""},
		"called off, another order":     {differing{recall, with(off, func(r *journal.Row) { r.Data = []byte(`{"orderId":"ord_1"}`) })}, paid(100, 100, payments.PaymentStatusRefunded), ""},
		"not called off":                {differing{recall, with(off, func(r *journal.Row) { r.State = string(Refused) })}, paid(100, 100, payments.PaymentStatusRefunded), ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := New(Defaults(), Deps{})
			step, _, err := f.ending(t.Context(), c.differing, c.payment)
			f.cfg.Promises.Payments.Inquiry = false
			if blind, _, err := f.ending(t.Context(), c.differing, nil); err == nil {
				t.Errorf("ending without inquiry = %q; want none", blind)
			}
			people := new(forPeople)
			if left := errors.As(err, &people); left != (c.step == "") || (err == nil && step != c.step) {
				t.Errorf("ending = %q, %v; want %q", step, err, c.step)
			}
		})
	}
}

// An order is told of again once it was settled meanwhile.
func TestTold(t *testing.T) {
	told := newTold()
	if told.before("a") || !told.before("a") {
		t.Error("want it new once")
	}
	told.forgetOthers()
	if !told.before("a") || told.before("b") {
		t.Error("want what was met to be remembered")
	}
	told.forgetOthers()
	told.forgetOthers()
	if told.before("a") {
		t.Error("want what is over to be forgotten")
	}
}
