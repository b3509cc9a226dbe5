package checkout

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/checkout/journal"
	"tiffin/fault"
	"tiffin/identity"
	"tiffin/internal/demo/audit"
	"tiffin/internal/storefront"
)

// The calls of a cancellation beside those that undo an order too.
const (
	callReadOrder = "orders GET /orders"
	callRecall    = "orders POST /orders/{order_ref}/recall"
	callRefund    = "payments POST /payments/refund"
)

// ordered is an order of alice's that is confirmed.
func (w *world) ordered() (PlaceOrderInput, *OrderConfirmed) {
	w.Helper()
	in := w.quoted()
	got, ok := w.place(in).(*OrderConfirmed)
	if !ok {
		w.Fatalf("result = %+v; want it confirmed", got)
	}
	w.log.clear()
	return in, got
}

func (w *world) cancelAs(who *identity.Principal, key, orderID string) CancelOrderResult {
	w.Helper()
	got, err := w.flow.Cancel(w.as(who), CancelOrderInput{key, orderID})
	if err != nil {
		w.Errorf("Cancel: %v", err)
	}
	return got
}

// called waits for the end of a cancellation.
func (w *world) called(key, orderID string) CancelOrderResult {
	w.Helper()
	for range 100 {
		got := w.cancelAs(alice(), key, orderID)
		if _, pending := got.(*CancellationPending); !pending {
			return got
		}
	}
	w.Fatal("the cancellation does not end")
	return nil
}

// cancelRow is the cancellation's in the journal.
func (w *world) cancelRow(key string) (journal.Row, bool) {
	w.Helper()
	row, found, err := w.journal.Store.Find(w.Context(), scopeOf(alice(), operationCancel), kindCancel, key)
	if err != nil {
		w.Fatal(err)
	}
	return row, found
}

// The kitchen is asked first, then comes the money, and the order is cancelled last; the row of the placing stays as it was.
func TestCancel(t *testing.T) {
	inWorld(t, func(w *world) {
		in, order := w.ordered()
		placed := w.row(in)
		got := w.cancelAs(alice(), "c", order.OrderID)
		want := &CancellationConfirmed{OrderID: order.OrderID, Refunded: order.Total}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{
			callReadOrder, "journal STARTED", callRecall, "journal RECALLED", callInquire, "journal OWING", callRefund, "journal REFUNDED",
			callCancelDriver, callRelease, callCancelOrder, "journal CANCELLED",
		}, w.log.read()); diff != "" {
			t.Errorf("order of calls (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(placed, w.row(in)); diff != "" {
			t.Errorf("the row of the placing changed (-before +after):\n%s", diff)
		}
		if row, _ := w.cancelRow("c"); row.Request != nil {
			t.Errorf("request = %s; want it erased", row.Request)
		}
		w.log.clear()
		want.Replayed = true
		if diff := cmp.Diff(want, w.cancelAs(alice(), "c", order.OrderID)); diff != "" {
			t.Errorf("replay (-want +got):\n%s", diff)
		}
		if calls := w.log.read(); len(calls) > 0 {
			t.Errorf("a replay made calls: %v", calls)
		}
		w.replays(in, order) // the placing was confirmed, and stays so
		w.calledOff(1)
	})
}

// calledOff wants so many orders to be cancelled after they were confirmed.
func (w *world) calledOff(want int) {
	w.Helper()
	books := w.orders.Books()
	report := audit.Judge(audit.World{
		Before: books, After: books, Holdings: w.inventory.Holdings(), Accounts: w.payments.Accounts(), Assignments: w.delivery.Assignments(),
	})
	if report.CalledOff != want {
		w.Errorf("audit: %d orders were called off; want %d", report.CalledOff, want)
	}
}

// Each refusal has its type, and no money moves.
func TestCancelRefusals(t *testing.T) {
	support := &identity.Principal{Issuer: "https://issuer", Subject: "sam", Scopes: []string{"orders:read:any"}}
	const kitchen = 3 * time.Minute
	for name, c := range map[string]struct {
		prepare func(w *world, orderID string)
		who     *identity.Principal
		id      string
		want    CancellationFailure
		row     bool
	}{
		"the kitchen has started": {prepare: func(*world, string) { time.Sleep(kitchen) }, want: tooLate(), row: true}, //nolint:forbidigo // fake time
		"cancelled under another key": {prepare: func(w *world, orderID string) {
			w.called("first", orderID)
		}, want: alreadyCancelled(), row: true},
		"cancelled by the service": {prepare: func(w *world, orderID string) {
			account := w.payments.Accounts()[0]
			_ = w.flow.payments.Refund(w.Context(), "x", account.Ref, storefront.Money{Minor: account.CapturedMinor, Currency: "EUR"})
			_ = w.flow.delivery.Cancel(w.Context(), "x", orderID)
			_ = w.flow.inventory.Release(w.Context(), "x", orderID)
			_ = w.flow.orders.Cancel(w.Context(), "x", orderID, "no gas")
		}, want: alreadyCancelled(), row: true},
		"somebody else's":   {who: bob(), want: orderNotFound()},
		"seen by support":   {who: support, want: orderNotFound()},
		"unknown":           {id: "ord_unknown", want: orderNotFound()},
		"no id of an order": {id: "lin_1", want: orderNotFound()},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				_, order := w.ordered()
				if c.prepare != nil {
					c.prepare(w, order.OrderID)
				}
				w.log.clear()
				id, who := order.OrderID, c.who
				if c.id != "" {
					id = c.id
				}
				if who == nil {
					who = alice()
				}
				want := &CancellationRefused{OrderID: id, Reason: c.want}
				if diff := cmp.Diff(want, w.cancelAs(who, "c", id)); diff != "" {
					t.Errorf("result (-want +got):\n%s", diff)
				}
				if w.count(callRefund) > 0 || w.count(callInquire) > 0 {
					t.Errorf("calls = %v; want no money touched", w.log.read())
				}
				if _, found := w.cancelRow("c"); found != c.row {
					t.Errorf("row: %v; want %v", found, c.row)
				}
				if want.Replayed = c.row; c.row {
					if diff := cmp.Diff(want, w.cancelAs(who, "c", id)); diff != "" {
						t.Errorf("replay (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

// An order that is still being placed is not cancelled yet, and the same key may be used again.
func TestCancelWhileBeingPlaced(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callCapture, unavailable, 3)
		go w.place(in)
		synctest.Wait()
		id := sagaIDOf(scopeOf(alice(), operationPlace), in.IdempotencyKey).order()
		want := &CancellationRefused{OrderID: id, Reason: stillBeingPlaced()}
		if diff := cmp.Diff(want, w.cancelAs(alice(), "c", id)); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
		w.settled(in)
		if got, ok := w.cancelAs(alice(), "c", id).(*CancellationConfirmed); !ok || got.Replayed {
			t.Errorf("result = %+v; want it confirmed, for the first time", got)
		}
	})
}

// cancelCalls are the writes of a cancellation, and its one read.
func cancelCalls() []string {
	return []string{callRecall, callInquire, callRefund, callCancelDriver, callRelease, callCancelOrder}
}

// Unknown is not no: after one doubt the same call, with the same key and body, succeeds.
func TestCancelDoubtOnce(t *testing.T) {
	each(t, cancelCalls(), func(w *world, call, doubt string) {
		_, order := w.ordered()
		w.tap.make(call, doubt, 1)
		if got, ok := w.called("c", order.OrderID).(*CancellationConfirmed); !ok || got.Refunded != order.Total {
			w.Errorf("result = %+v; want it confirmed", got)
		}
		if n := w.count(call); n != 2 {
			w.Errorf("%d calls; want the first and its repeat", n)
		}
	})
}

// Once asked, the kitchen must answer; once it has let go, the only way is forward, however long it takes.
func TestCancelDoubtForEver(t *testing.T) {
	each(t, cancelCalls(), func(w *world, call, doubt string) {
		_, order := w.ordered()
		w.tap.make(call, doubt, forever)
		w.cancelAs(alice(), "c", order.OrderID)
		time.Sleep(time.Minute) //nolint:forbidigo // fake time: less than the kitchen waits
		if got, ok := w.cancelAs(alice(), "c", order.OrderID).(*CancellationPending); !ok || !got.Replayed || got.RetryAfterMs != 1000 {
			w.Errorf("after a minute: %+v; want it pending", got)
		}
		w.tap.clear()
		if got, ok := w.called("c", order.OrderID).(*CancellationConfirmed); !ok {
			w.Errorf("when the service is back: %+v; want it confirmed", got)
		}
	})
}

// Every step × crash before and after its effect: the next process takes the cancellation up and brings it to its end.
func TestCancelCrash(t *testing.T) {
	for _, call := range cancelCalls() {
		for _, when := range []string{hangs, hangsAfter} {
			t.Run(call+" "+when, func(t *testing.T) {
				inWorld(t, func(w *world) {
					_, order := w.ordered()
					w.tap.make(call, when, 1)
					heard := make(chan CancelOrderResult)
					go func() { heard <- w.cancelAs(alice(), "c", order.OrderID) }()
					synctest.Wait()
					w.crash()
					if got, ok := (<-heard).(*CancellationPending); !ok {
						t.Errorf("the client heard %+v; want pending", got)
					}
					defer w.run()()
					if got, ok := w.called("c", order.OrderID).(*CancellationConfirmed); !ok || got.Refunded != order.Total {
						t.Errorf("result = %+v; want it confirmed", got)
					}
				})
			})
		}
	}
}

// Many at once with one key are one cancellation; under many keys one of them has it, and the money is given back once.
func TestCancelTogether(t *testing.T) {
	for name, keyOf := range map[string]func(n int) string{
		"one key":   func(int) string { return "c" },
		"many keys": func(n int) string { return "c" + strconv.Itoa(n) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				_, order := w.ordered()
				var group sync.WaitGroup
				results := make([]CancelOrderResult, 20)
				for n := range results {
					group.Go(func() { results[n] = w.cancelAs(alice(), keyOf(n), order.OrderID) })
				}
				group.Wait()
				first, done := 0, 0
				for _, r := range results {
					if _, ok := r.(*CancellationConfirmed); ok {
						done++
					}
					if !r.WasReplayed() {
						first++
					}
				}
				if one := name == "one key"; (one && (first != 1 || done != 20)) || (!one && done != 1) {
					t.Errorf("%d first, %d done", first, done)
				}
				if n := w.count(callRefund); n != 1 {
					t.Errorf("%d refunds; want one", n)
				}
			})
		})
	}
}

// What somebody else gave back before is not given back again, also where they are faster by a moment.
func TestCancelRefundsWhatIsLeft(t *testing.T) {
	part := storefront.Money{Minor: 100, Currency: "EUR"}
	for name, during := range map[string]bool{"before": false, "between question and refund": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				_, order := w.ordered()
				give := func() {
					if err := w.flow.payments.Refund(w.Context(), "support", w.payments.Accounts()[0].Ref, part); err != nil {
						t.Error(err)
					}
				}
				if during {
					w.journal.meddle = func(op string) {
						if op == "advance "+string(Owing) && w.count(callRefund) == 0 {
							give()
						}
					}
				} else {
					give()
				}
				if got, ok := w.called("c", order.OrderID).(*CancellationConfirmed); !ok || got.Refunded != order.Total {
					t.Errorf("result = %+v; want it confirmed, all given back", got)
				}
				if account := w.payments.Accounts()[0]; account.RefundedMinor != order.Total.Minor {
					t.Errorf("account = %+v; want %d given back", account, order.Total.Minor)
				}
			})
		})
	}
}

// A confirm of the placing that is repeated after the order was called off is still a yes: it was confirmed.
func TestCancelBeforeTheConfirmIsKnown(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callConfirm, hangsAfter, 1)
		go w.place(in)
		synctest.Wait()
		id := sagaIDOf(scopeOf(alice(), operationPlace), in.IdempotencyKey).order()
		if got, ok := w.called("c", id).(*CancellationConfirmed); !ok {
			t.Errorf("result = %+v; want it confirmed", got)
		}
		if got, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Errorf("placing = %+v; want it confirmed", got)
		}
		w.calledOff(1)
	})
}

func TestCancelErrors(t *testing.T) {
	inWorld(t, func(w *world) {
		_, order := w.ordered()
		w.called("c", order.OrderID)
		try := func(ctx context.Context, key, id string) error {
			_, err := w.flow.Cancel(ctx, CancelOrderInput{key, id})
			return err
		}
		for name, c := range map[string]struct {
			err  error
			code fault.Code
		}{
			"by nobody":            {try(w.Context(), "c", order.OrderID), fault.Unauthenticated},
			"no key":               {try(w.as(alice()), "", order.OrderID), fault.BadUserInput},
			"no order":             {try(w.as(alice()), "c", ""), fault.BadUserInput},
			"a card number as key": {try(w.as(alice()), "4111111111111111", order.OrderID), fault.BadUserInput},
			"a card number as id":  {try(w.as(alice()), "c", "ord_4111111111111111"), fault.BadUserInput},
			"the key of another":   {try(w.as(alice()), "c", "ord_other"), fault.IdempotencyKeyReused},
		} {
			if !fault.Is(c.err, c.code) {
				t.Errorf("%s: error = %v; want %s", name, c.err, c.code)
			}
		}
		w.tap.make(callReadOrder, unavailable, 1)
		if err := try(w.as(alice()), "d", order.OrderID); !fault.Is(err, fault.OrderNotStarted) {
			t.Errorf("with the read away: %v; want ORDER_NOT_STARTED", err)
		}
		w.journal.set(func(op string) (bool, bool) { return op == "find", false })
		if err := try(w.as(alice()), "c", order.OrderID); !fault.Is(err, fault.OrderNotStarted) {
			t.Errorf("with the journal away: %v; want ORDER_NOT_STARTED", err)
		}
		w.journal.set(nil)
	})
}

// Every refusal can be read back from the journal.
func TestCancelFailuresComeBack(t *testing.T) {
	for _, want := range []CancellationFailure{tooLate(), alreadyCancelled(), orderNotFound(), stillBeingPlaced()} {
		stored, err := result{Refusal: &cancelRefusal{want}}.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := cancelAnswer("o", journal.Row{State: string(Refused), Result: stored}, true)
		if diff := cmp.Diff(CancelOrderResult(&CancellationRefused{"o", true, want}), got); diff != "" || err != nil {
			t.Errorf("%T: %v (-want +got):\n%s", want, err, diff)
		}
	}
	for name, row := range map[string]journal.Row{
		"garbage":          {State: "CANCELLED", Result: []byte("garbage")},
		"nothing refunded": {State: "CANCELLED", Result: []byte("{}")},
		"an unknown no":    {State: "REFUSED", Result: []byte(`{"refusal":{"type":"Eclipse","value":{}}}`)},
	} {
		if got, err := cancelAnswer("o", row, false); err == nil {
			t.Errorf("%s: answer = %#v; want an error", name, got)
		}
	}
}
