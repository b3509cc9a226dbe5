package checkout

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/checkout/journal"
	"tiffin/fault"
)

// crash stops the process where it is, and starts another one over the same journal.
func (w *world) crash() {
	w.Helper()
	ended, cancel := context.WithCancel(w.Context())
	cancel()
	if err := w.flow.Close(ended); !errors.Is(err, context.Canceled) {
		w.Errorf("Close = %v; want it to say that an order is under way", err)
	}
	w.start()
}

// Every step × crash before and after its effect: the next process takes the order up and brings it to its end.
func TestCrash(t *testing.T) {
	forward := append(beforeThePivot(), callCapture, callConfirm)
	for _, call := range append(forward, callCancelDriver, callVoid, callRelease, callCancelOrder) {
		for _, when := range []string{hangs, hangsAfter} {
			t.Run(call+" "+when, func(t *testing.T) {
				inWorld(t, func(w *world) {
					backward := true
					for _, f := range forward {
						backward = backward && f != call
					}
					in := w.quoted(func(in *PlaceOrderInput) {
						if backward {
							in.Cart.Fulfilment.Delivery.Address = "1 Lonely Road"
						}
					})
					w.tap.make(call, when, 1)
					heard := make(chan PlaceOrderResult)
					go func() { heard <- w.place(in) }()
					synctest.Wait()
					w.crash()
					if got, ok := (<-heard).(*OrderPending); !ok {
						t.Errorf("the client heard %+v; want pending", got)
					}
					defer w.run()()
					got := w.settled(in)
					if _, confirmed := got.(*OrderConfirmed); confirmed == backward {
						t.Errorf("result = %+v", got)
					}
					w.replays(in, got)
				})
			})
		}
	}
}

// Whoever loses an order stops at once and touches no service again; the client follows the one who has it.
func TestFenced(t *testing.T) {
	for _, state := range []State{Authorized, Capturing, Confirmed} {
		t.Run(string(state), func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted()
				var before []string
				w.journal.meddle = func(op string) {
					if op == "advance "+string(state) && before == nil {
						rows, err := w.journal.Store.Claim(w.Context(), journal.Claim{Owner: "another", Version: rowVersion, Limit: 1})
						if err != nil || len(rows) != 1 {
							t.Errorf("Claim = %v, %v", rows, err)
						}
						before = w.log.read()
					}
				}
				if got, ok := w.place(in).(*OrderPending); !ok {
					t.Errorf("result = %+v; want it pending", got)
				}
				if diff := cmp.Diff(before, w.log.read()); diff != "" {
					t.Errorf("after the fence (-before +after):\n%s", diff)
				}
				if diff := cmp.Diff(map[EventKind]int{EventLeftOpen: 1}, w.log.kinds()); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
				defer w.run()() // "another" is gone, so its order comes back
				if got, ok := w.settled(in).(*OrderConfirmed); !ok {
					t.Errorf("result = %+v; want it confirmed", got)
				}
			})
		})
	}
}

// A journal that is away, or loses acknowledgements, delays an order and does not change it.
func TestJournalTrouble(t *testing.T) {
	for name, mode := range map[string][2]bool{"down": {true, false}, "lost acknowledgement": {false, true}} {
		for _, op := range []string{"insert", "advance AUTHORIZED", "advance CAPTURING", "advance CONFIRMED"} {
			t.Run(op+" "+name, func(t *testing.T) {
				inWorld(t, func(w *world) {
					in := w.quoted()
					times := 2
					w.journal.set(func(o string) (before, after bool) {
						if o != op || times == 0 {
							return false, false
						}
						times--
						return mode[0], mode[1]
					})
					got, ok := w.place(in).(*OrderConfirmed)
					if !ok || got.Replayed {
						t.Fatalf("result = %+v; want it confirmed, for the first time", got)
					}
					if kinds := w.log.kinds(); kinds[EventSettled] != 1 || kinds[EventLeftOpen] != 0 {
						t.Errorf("events = %v; want to hear that the order is settled", kinds)
					}
					w.replays(in, got)
				})
			})
		}
	}
}

// Without the journal nothing is started.
func TestJournalDown(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.journal.set(func(string) (before, after bool) { return true, false })
		_, err := w.flow.Place(w.as(alice()), in)
		if !fault.Is(err, fault.OrderNotStarted) || !errors.Is(err, journal.ErrUnavailable) {
			t.Errorf("Place: error = %v; want ORDER_NOT_STARTED", err)
		}
		if _, err := w.flow.Placement(w.as(alice()), in.IdempotencyKey); !fault.Is(err, fault.ServiceUnavailable) {
			t.Errorf("Placement: error = %v; want SERVICE_UNAVAILABLE", err)
		}
		stop := w.run()
		synctest.Wait()
		stop()
		w.journal.set(nil)
		if calls := w.log.read(); len(calls) > 0 {
			t.Errorf("calls = %v; want none", calls)
		}
	})
}

// The first row is written but never acknowledged: the client is told to ask again, and the sweep finds the order.
func TestInsertNeverAcknowledged(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.journal.set(func(op string) (before, after bool) { return false, op == "insert" })
		if got, ok := w.place(in).(*OrderPending); !ok || got.Replayed {
			t.Errorf("result = %+v; want it pending", got)
		}
		w.journal.set(nil)
		defer w.run()()
		if got, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Errorf("result = %+v; want it confirmed", got)
		}
	})
}

// refusing is a journal that says for sure that it writes no new row, as one does whose lease lapsed; with lost, only after it wrote the
// first one without saying so.
type refusing struct {
	journal.Store

	lost     bool
	attempts int
}

func (r *refusing) Insert(ctx context.Context, row journal.Row) (journal.Row, bool, error) {
	r.attempts++
	if r.lost && r.attempts == 1 {
		if _, _, err := r.Store.Insert(ctx, row); err != nil {
			return row, false, err
		}
		return row, false, journal.ErrUnavailable
	}
	return row, false, journal.ErrNotWritten
}

// What was surely not written was not started, and the client hears so at once. After an attempt of which nobody knows, it cannot be said.
func TestInsertRefused(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		inner := w.journal.Store
		lapsed := &refusing{Store: inner}
		w.journal.Store = lapsed
		began := time.Now()
		_, err := w.flow.Place(w.as(alice()), in)
		if e := new(fault.Error); !errors.As(err, &e) || e.Code != fault.OrderNotStarted || !e.Retryable || lapsed.attempts != 1 || time.Since(began) > 0 {
			t.Errorf("error = %v after %d attempts and %v; want ORDER_NOT_STARTED at once", err, lapsed.attempts, time.Since(began))
		}
		if got := w.placement(in); got != nil {
			t.Errorf("placement = %+v; want nil", got)
		}
		w.journal.Store = &refusing{Store: inner, lost: true}
		if got, ok := w.place(in).(*OrderPending); !ok {
			t.Errorf("result = %+v; want it pending", got)
		}
		w.journal.Store = inner
		defer w.run()()
		if got, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Errorf("result = %+v; want it confirmed", got)
		}
	})
}

// Another gateway inserts the row between our look and our insert: it runs the order, we follow.
func TestInsertRace(t *testing.T) {
	for name, theirs := range map[string]string{"same payload": "", "other payload": "v1:other"} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted()
				w.journal.meddle = func(op string) {
					if op != "insert" {
						return
					}
					row := journal.Row{
						SagaID: string(sagaIDOf(scopeOf(alice(), operationPlace), in.IdempotencyKey)), Kind: kindPlace, Scope: scopeOf(alice(), operationPlace), Key: in.IdempotencyKey,
						Version: rowVersion, Fingerprint: theirs, State: string(Cancelled), Owner: "another",
					}
					if theirs == "" {
						row.Fingerprint = w.fingerprint(in)
					}
					row.Result, _ = result{Reason: &reason{timedOut()}}.encode()
					_, _, _ = w.journal.Store.Insert(w.Context(), row)
				}
				got, err := w.flow.Place(w.as(alice()), in)
				if theirs != "" {
					if !fault.Is(err, fault.IdempotencyKeyReused) {
						t.Errorf("result = %+v, %v; want the key to be reused", got, err)
					}
					return
				}
				if got, ok := got.(*OrderCancelled); !ok || !got.Replayed || err != nil {
					t.Errorf("result = %+v, %v; want the other's", got, err)
				}
			})
		})
	}
}

// Another gateway has inserted the row and drives it: we follow, and touch no service.
func TestFollowsAnother(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		ours := w.flow
		w.start()
		other := w.flow
		w.flow = ours
		w.tap.make(callCreate, hangs, 1) // 10s: longer than a reply takes
		theirs, inserting := make(chan struct{}), false
		w.journal.meddle = func(op string) {
			if op != "insert" || inserting {
				return
			}
			inserting = true
			go func() {
				defer close(theirs)
				if _, err := other.Place(w.as(alice()), in); err != nil {
					t.Errorf("the other's Place: %v", err)
				}
			}()
			time.Sleep(time.Millisecond) //nolint:forbidigo // fake time: until the other's call hangs
		}
		if got, ok := w.place(in).(*OrderPending); !ok || !got.Replayed {
			t.Errorf("result = %+v; want the other's order, pending", got)
		}
		if n := w.count(callCreate); n != 1 || len(ours.runs.ids()) > 0 {
			t.Errorf("%d calls, driven here: %v; want only the other's", n, ours.runs.ids())
		}
		if got, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Errorf("result = %+v; want it confirmed", got)
		}
		<-theirs
		if err := other.Close(w.Context()); err != nil {
			t.Error(err)
		}
	})
}

// An order that begins while the sweep asks for rows is not taken from the goroutine that drives it.
func TestSweepLeavesNewOrdersAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callCreate, hangs, 1)
		began, done := false, make(chan PlaceOrderResult, 1)
		w.journal.meddle = func(op string) {
			if op != "claim" || began {
				return
			}
			began = true
			go func() { done <- w.place(in) }()
			time.Sleep(time.Millisecond) //nolint:forbidigo // fake time: until the call hangs
		}
		stop := w.run()
		<-done
		got := w.settled(in)
		stop()
		if _, ok := got.(*OrderConfirmed); !ok || w.log.kinds()[EventLeftOpen] != 0 || w.row(in).Epoch != 1 {
			t.Errorf("result = %+v at epoch %d, events %v; want it confirmed by who began it", got, w.row(in).Epoch, w.log.kinds())
		}
	})
}

// A row that cannot be driven is left alone and reported, and does not disturb the others.
func TestBrokenRows(t *testing.T) {
	for name, edit := range map[string]func(r *journal.Row){
		"request":            func(r *journal.Row) { r.Request = []byte("garbage") },
		"data":               func(r *journal.Row) { r.Data = []byte("garbage") },
		"state":              func(r *journal.Row) { r.State = "ECLIPSED" },
		"undo without cause": func(r *journal.Row) { r.State = string(Released) }, // panics
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				row := journal.Row{SagaID: "broken", Kind: kindPlace, Key: "broken", Version: rowVersion, State: string(Started), Request: []byte("{}"), Data: []byte("{}")}
				edit(&row)
				if _, _, err := w.journal.Store.Insert(w.Context(), row); err != nil {
					t.Fatal(err)
				}
				stop := w.run()
				synctest.Wait()
				if n := w.log.kinds()[EventLeftOpen]; n != 1 {
					t.Errorf("%d events; want one that reports the row", n)
				}
				if got, ok := w.place(w.quoted()).(*OrderConfirmed); !ok {
					t.Errorf("another order = %+v; want it confirmed", got)
				}
				before := w.log.kinds()[EventLeftOpen]
				time.Sleep(20 * time.Second) //nolint:forbidigo // fake time
				if n := w.log.kinds()[EventLeftOpen] - before; n != 0 {
					t.Errorf("tried %d times more in 20 s; want it left alone for 30 s", n)
				}
				time.Sleep(20 * time.Second) //nolint:forbidigo // fake time
				if n := w.log.kinds()[EventLeftOpen] - before; n != 1 {
					t.Errorf("tried %d times more in 40 s; want once", n)
				}
				stop()
			})
		})
	}
}

// Close accepts nothing new, waits for what is under way, and answers repeats to the end.
func TestClose(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callCapture, unavailable, 3)
		done := make(chan PlaceOrderResult, 1)
		go func() { done <- w.place(in) }()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- w.flow.Close(w.Context()) }()
		synctest.Wait()
		second := in
		second.IdempotencyKey = "second"
		if _, err := w.flow.Place(w.as(alice()), second); !fault.Is(err, fault.OrderNotStarted) {
			t.Errorf("while closing: error = %v; want ORDER_NOT_STARTED", err)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
		first, ok := (<-done).(*OrderConfirmed)
		if !ok {
			t.Fatalf("result = %+v; want it confirmed", first)
		}
		w.replays(in, first)
	})
}

// An order taken up from the journal is asked for in its customer's name, and in their language.
func TestTakenUpInTheCustomersName(t *testing.T) {
	who := customer{Issuer: "i", Subject: "s", Tenant: "t", Locale: "de"}
	ctx := who.as(t.Context())
	r := newRequest(ctx, mustPrincipal(t, ctx), anOrder())
	if diff := cmp.Diff(who, r.Customer); diff != "" {
		t.Errorf("customer (-want +got):\n%s", diff)
	}
	if got := mustPrincipal(t, ctx).ID(); got != who.id() {
		t.Errorf("id = %s; want %s", got, who.id())
	}
}

// Sweeping takes up no more than there is room for.
func TestSweepKeepsWithinBounds(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callCreate, hangs, forever)
		for n := range 3 {
			in := in
			in.IdempotencyKey = string(rune('a' + n))
			go w.place(in)
		}
		synctest.Wait()
		w.cfg.MaxRunning = 2
		w.crash()
		stop := w.run()
		time.Sleep(6 * time.Second) //nolint:forbidigo // fake time: some sweeps
		if ids := w.flow.runs.ids(); len(ids) != 2 {
			t.Errorf("driven = %v; want two", ids)
		}
		untouched := 0
		for n := range 3 {
			if w.row(PlaceOrderInput{IdempotencyKey: string(rune('a' + n))}).Epoch == 1 {
				untouched++
			}
		}
		if untouched != 1 {
			t.Errorf("%d rows were left alone; want the one that there is no room for", untouched)
		}
		w.tap.clear()
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
		stop()
		w.audit(0)
	})
}
