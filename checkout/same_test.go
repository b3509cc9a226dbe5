package checkout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/fault"
)

// The same key again, after the end: the same result, without a call.
func TestSameKeyTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.replays(in, w.place(in))
	})
}

// Of 50 pairs at once each has one who runs the order and one who gets its result.
func TestConcurrentPairs(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		const pairs = 50
		results := make([][2]PlaceOrderResult, pairs)
		var group sync.WaitGroup
		for n := range results {
			for m := range 2 {
				in := in
				in.IdempotencyKey = fmt.Sprint("pair-", n)
				group.Go(func() { results[n][m] = w.place(in) })
			}
		}
		group.Wait()
		for n, pair := range results {
			if replayed(pair[0]) == replayed(pair[1]) {
				t.Errorf("pair %d: replayed %v and %v; want one of each", n, replayed(pair[0]), replayed(pair[1]))
			}
			if diff := cmp.Diff(fresh(pair[0]), fresh(pair[1])); diff != "" {
				t.Errorf("pair %d differs:\n%s", n, diff)
			}
			if _, ok := pair[0].(*OrderConfirmed); !ok {
				t.Errorf("pair %d: %+v; want it confirmed", n, pair[0])
			}
		}
		if got := len(w.orders.Books()); got != pairs {
			t.Errorf("%d orders; want %d", got, pairs)
		}
	})
}

// Many at once with one key: the reads, too, are done once.
func TestOneKeyManyTimes(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		var group sync.WaitGroup
		results := make([]PlaceOrderResult, 20)
		for n := range results {
			group.Go(func() { results[n] = w.place(in) })
		}
		group.Wait()
		first := 0
		for _, r := range results {
			if !replayed(r) {
				first++
			}
		}
		if calls := w.log.read(); first != 1 || len(calls) != 12 {
			t.Errorf("%d ran the order, calls %v; want one, and each call once", first, calls)
		}
	})
}

// Another payload under the same key is refused, before, while and after the order runs, and learns nothing of it.
func TestKeyReused(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		other := in
		other.Payment = PaymentMethodInput{Card: &CardInput{Token: "tok_slow"}}
		refusedNow := func(when string) {
			t.Helper()
			_, err := w.flow.Place(w.as(alice()), other)
			if e := new(fault.Error); !errors.As(err, &e) || e.Code != fault.IdempotencyKeyReused || e.Retryable || e.Cause != nil {
				t.Errorf("%s: error = %v; want IDEMPOTENCY_KEY_REUSED", when, err)
			}
		}
		w.tap.make(callAuthorize, hangs, 1)
		done := make(chan PlaceOrderResult)
		go func() { done <- w.place(in) }()
		synctest.Wait()
		refusedNow("while it runs")
		first := <-done
		refusedNow("when it is done")
		w.tap.clear()
		w.replays(in, w.settled(in))
		_ = first
	})
}

// settled asks for the placement until the order is settled.
func (w *world) settled(in PlaceOrderInput) PlaceOrderResult {
	w.Helper()
	for range 1000 {
		got := w.placement(in)
		if _, pending := got.(*OrderPending); !pending {
			return fresh(got)
		}
		time.Sleep(time.Second) //nolint:forbidigo // fake time
	}
	w.Fatal("the order is not settled")
	return nil
}

// A key is its owner's: the same key of another customer is another order, and nobody sees it.
func TestKeysAreTheirOwners(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.place(in)
		if got, err := w.flow.Placement(w.as(bob()), in.IdempotencyKey); got != nil || err != nil {
			t.Errorf("bob sees %+v, %v", got, err)
		}
		got, err := w.flow.Place(w.as(bob()), in)
		if _, ok := got.(*OrderConfirmed); !ok || err != nil || replayed(got) {
			t.Errorf("bob's order = %+v, %v; want one of his own", got, err)
		}
		if len(w.orders.Books()) != 2 {
			t.Error("want two orders")
		}
	})
}

// A client who hangs up after the first write cancels nothing.
func TestHangUp(t *testing.T) {
	for _, call := range []string{callCreate, callReserve, callAuthorize, callAssign, callCapture, callConfirm} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted()
				w.tap.make(call, hangs, 1)
				ctx, hangUp := context.WithCancel(w.as(alice()))
				done := make(chan struct{})
				go func() {
					defer close(done)
					got, err := w.flow.Place(ctx, in)
					if _, ok := got.(*OrderPending); !ok || err != nil {
						t.Errorf("result = %+v, %v; want it pending", got, err)
					}
				}()
				synctest.Wait()
				hangUp()
				<-done
				if got, ok := w.settled(in).(*OrderConfirmed); !ok {
					t.Errorf("result = %+v; want it confirmed all the same", got)
				}
			})
		})
	}
}

// A client who hangs up during the reads has started nothing.
func TestHangUpDuringTheReads(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callLocate, hangs, 1)
		ctx, hangUp := context.WithCancel(w.as(alice()))
		done := make(chan error)
		go func() {
			_, err := w.flow.Place(ctx, in)
			done <- err
		}()
		synctest.Wait()
		if got, ok := w.placement(in).(*OrderPending); !ok {
			t.Errorf("placement during the reads = %+v; want it pending", got)
		}
		hangUp()
		if err := <-done; !fault.Is(err, fault.OrderNotStarted) {
			t.Errorf("error = %v; want ORDER_NOT_STARTED", err)
		}
		if got := w.placement(in); got != nil {
			t.Errorf("placement = %+v; want nil", got)
		}
	})
}

// Whoever waited for a twin that could not start takes its place.
func TestTwinTakesOver(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callLocate, hangs, 1)
		ctx, hangUp := context.WithCancel(w.as(alice()))
		first, second := make(chan error, 1), make(chan PlaceOrderResult, 1)
		go func() { _, err := w.flow.Place(ctx, in); first <- err }()
		synctest.Wait()
		go func() { second <- w.place(in) }()
		synctest.Wait()
		hangUp()
		if err := <-first; !fault.Is(err, fault.OrderNotStarted) {
			t.Errorf("error = %v; want ORDER_NOT_STARTED", err)
		}
		if got, ok := (<-second).(*OrderConfirmed); !ok || got.Replayed {
			t.Errorf("the twin = %+v; want it confirmed", got)
		}
	})
}

// Place answers in time, the order goes on, and the key finds it.
func TestPending(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callCapture, unavailable, forever)
		began := time.Now()
		first, second := w.place(in), w.place(in)
		if took := time.Since(began); took != 16*time.Second {
			t.Errorf("took %v; want twice 8s", took)
		}
		orderID := "ord_" + w.row(in).SagaID
		if diff := cmp.Diff([]PlaceOrderResult{&OrderPending{orderID, false, 1000}, &OrderPending{orderID, true, 1000}, &OrderPending{orderID, true, 1000}},
			[]PlaceOrderResult{first, second, w.placement(in)}); diff != "" {
			t.Errorf("results (-want +got):\n%s", diff)
		}
		w.tap.clear()
		if got, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Errorf("result = %+v; want it confirmed", got)
		}
	})
}

// More orders than the process takes on are told so, and nothing of them is started; repeats are still answered.
func TestFull(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.MaxRunning = 1
		w.start()
		in := w.quoted()
		w.tap.make(callCapture, unavailable, forever)
		w.place(in)
		second := in
		second.IdempotencyKey = "second"
		_, err := w.flow.Place(w.as(alice()), second)
		if e := new(fault.Error); !errors.As(err, &e) || e.Code != fault.OrderNotStarted || !e.Retryable || e.RetryAfter <= 0 {
			t.Errorf("error = %v; want ORDER_NOT_STARTED, to be tried later", err)
		}
		w.tap.clear()
		w.replays(in, w.settled(in))
		if got, ok := w.place(second).(*OrderConfirmed); !ok {
			t.Errorf("later: %+v; want it confirmed", got)
		}
	})
}
