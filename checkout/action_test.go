package checkout

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/checkout/journal"
)

// challenged places an order whose bank wants the customer to act.
func (w *world) challenged() (PlaceOrderInput, *OrderActionRequired) {
	w.Helper()
	in := w.quoted(func(in *PlaceOrderInput) { in.Payment.Card.Token = "tok_3ds" })
	got, ok := w.place(in).(*OrderActionRequired)
	id := w.row(in).SagaID
	want := &OrderActionRequired{
		OrderID: "ord_" + id, Action: PaymentAction{ActionRedirect, "http://payments/challenge/" + id}, ExpiresAt: time.Now().Add(10 * time.Minute).UTC(),
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		w.Fatalf("result (-want +got):\n%s", diff)
	}
	return in, got
}

// The order waits on disk with nobody driving it; asking again gives the same answer and writes nothing.
func TestActionRequired(t *testing.T) {
	inWorld(t, func(w *world) {
		in, first := w.challenged()
		if diff := cmp.Diff([]string{
			callLocate, callDeliveryQuote, "journal STARTED", callCreate, callReserve, callAuthorize, "journal AWAITING_CUSTOMER",
		}, w.log.read()); diff != "" {
			t.Errorf("order of calls (-want +got):\n%s", diff)
		}
		row := w.row(in)
		if ids := w.flow.runs.ids(); len(ids) > 0 || !row.Parked() || !row.Due.Equal(first.ExpiresAt) {
			t.Errorf("driven %v, row %+v; want it parked until %v", ids, row, first.ExpiresAt)
		}
		w.log.clear()
		for _, again := range []PlaceOrderResult{w.place(in), w.placement(in)} {
			if !replayed(again) {
				t.Errorf("again = %+v; want a replay", again)
			}
			if diff := cmp.Diff(first, fresh(again)); diff != "" {
				t.Errorf("again (-first +again):\n%s", diff)
			}
		}
		if diff := cmp.Diff([]string{callInquire, callInquire}, w.log.read()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(row, w.row(in)); diff != "" {
			t.Errorf("row (-before +after):\n%s", diff)
		}
		w.decide(in, "decline")
		w.place(in)
	})
}

func TestActionApproved(t *testing.T) {
	for name, ask := range map[string]func(w *world, in PlaceOrderInput) PlaceOrderResult{
		"placeOrder": (*world).place, "placement": (*world).placement,
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in, _ := w.challenged()
				w.decide(in, "approve")
				got, ok := ask(w, in).(*OrderConfirmed)
				if !ok || !got.Replayed {
					t.Fatalf("result = %+v; want it confirmed, as a replay", got)
				}
				if diff := cmp.Diff([]string{
					callInquire, callInquire, "journal AUTHORIZED", callAssign, "journal CAPTURING", callCapture, callConfirm, "journal CONFIRMED",
				}, w.log.read()); diff != "" {
					t.Errorf("order of calls (-want +got):\n%s", diff)
				}
				if row := w.row(in); strings.Contains(string(row.Data), "challenge") {
					t.Errorf("data = %s; want nothing of the customer's action left", row.Data)
				}
				if s, err := w.flow.Standing(w.Context(), w.keeper(), w.row(in).SagaID); err != nil || s.AuthorizationID == "" {
					t.Errorf("%+v, %v; want to know the authorization", s, err)
				}
			})
		})
	}
}

// Any number may ask at once; the order goes on once.
func TestActionApprovedAndAskedByMany(t *testing.T) {
	inWorld(t, func(w *world) {
		in, _ := w.challenged()
		w.decide(in, "approve")
		var group sync.WaitGroup
		for n := range 20 {
			group.Go(func() {
				got := w.placement(in)
				if _, pending := got.(*OrderPending); n%2 == 0 || pending { // Placement does not wait for an order that somebody woke
					got = w.place(in)
				}
				if _, ok := got.(*OrderConfirmed); !ok {
					t.Errorf("result = %+v; want it confirmed", got)
				}
			})
		}
		group.Wait()
		captures := 0
		for _, call := range w.log.read() {
			if call == callCapture {
				captures++
			}
		}
		if captures != 1 {
			t.Errorf("%d captures; want 1", captures)
		}
	})
}

func TestActionDeclined(t *testing.T) {
	inWorld(t, func(w *world) {
		in, _ := w.challenged()
		w.decide(in, "decline")
		got, _ := w.placement(in).(*OrderCancelled)
		if diff := cmp.Diff(&OrderCancelled{OrderID: "ord_" + w.row(in).SagaID, Replayed: true, Reason: actionExpired()}, got); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
		w.replays(in, fresh(got))
	})
}

// Nobody asks: the sweep finds the order when its time is over, whichever way the customer decided.
func TestActionExpires(t *testing.T) {
	for decision, want := range map[string]State{"": Cancelled, "decline": Cancelled, "approve": Confirmed} {
		t.Run(decision, func(t *testing.T) {
			inWorld(t, func(w *world) {
				defer w.run()()
				in, first := w.challenged()
				if decision != "" {
					w.decide(in, decision)
				}
				time.Sleep(time.Until(first.ExpiresAt) - time.Second) //nolint:forbidigo // fake time
				synctest.Wait()
				if row := w.row(in); !row.Parked() {
					t.Fatalf("row = %+v; want it parked to the last second", row)
				}
				time.Sleep(5 * time.Second) //nolint:forbidigo // fake time
				synctest.Wait()
				if row := w.row(in); State(row.State) != want {
					t.Errorf("row = %+v; want it %s", row, want)
				}
				if got, ok := w.placement(in).(*OrderCancelled); ok {
					if diff := cmp.Diff(actionExpired(), got.Reason); diff != "" {
						t.Errorf("reason (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

// Without a sweep, whoever asks after the end of the time wakes the order too.
func TestActionExpiredAndAsked(t *testing.T) {
	inWorld(t, func(w *world) {
		in, first := w.challenged()
		time.Sleep(time.Until(first.ExpiresAt)) //nolint:forbidigo // fake time
		if got, ok := w.place(in).(*OrderCancelled); !ok {
			t.Errorf("result = %+v; want it cancelled", got)
		}
	})
}

// Our time is over before the bank's: the bank still waits for the customer, and the order is undone all the same.
func TestActionExpiresBeforeTheBanks(t *testing.T) {
	for name, sweeps := range map[string]bool{"and is swept": true, "and is asked for": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.cfg.ActionExpiry = 2 * time.Minute
				w.start()
				if sweeps {
					defer w.run()()
				}
				in := w.quoted(func(in *PlaceOrderInput) { in.Payment.Card.Token = "tok_3ds" })
				first, ok := w.place(in).(*OrderActionRequired)
				if !ok || time.Until(first.ExpiresAt) != 2*time.Minute {
					t.Fatalf("result = %+v; want two minutes to act", first)
				}
				time.Sleep(2*time.Minute + 5*time.Second) //nolint:forbidigo // fake time
				synctest.Wait()
				if state := State(w.row(in).State); sweeps != (state == Cancelled) {
					t.Errorf("state = %s", state)
				}
				if got, ok := w.place(in).(*OrderCancelled); !ok {
					t.Errorf("result = %+v; want it cancelled", got)
				}
			})
		})
	}
}

// As long as the bank cannot be asked, nothing is known, and nothing is said that may be wrong.
func TestActionWithoutTheBank(t *testing.T) {
	inWorld(t, func(w *world) {
		in, _ := w.challenged()
		w.decide(in, "approve")
		w.tap.make(callInquire, unavailable, forever)
		for _, got := range []PlaceOrderResult{w.place(in), w.placement(in)} {
			if got, ok := got.(*OrderPending); !ok || !got.Replayed {
				t.Errorf("result = %+v; want it pending", got)
			}
		}
		if !w.row(in).Parked() {
			t.Error("the order is not parked any more")
		}
		w.tap.clear()
		if got, ok := w.place(in).(*OrderConfirmed); !ok {
			t.Errorf("result = %+v; want it confirmed", got)
		}
	})
}

// When the time is over and the bank cannot be asked, the order is undone by reference.
func TestActionExpiresWithoutTheBank(t *testing.T) {
	inWorld(t, func(w *world) {
		defer w.run()()
		in, _ := w.challenged()
		w.decide(in, "approve")
		w.tap.make(callInquire, unavailable, forever)
		time.Sleep(11 * time.Minute) //nolint:forbidigo // fake time
		got, _ := w.settled(in).(*OrderCancelled)
		if diff := cmp.Diff(actionExpired(), got.Reason); diff != "" {
			t.Errorf("reason (-want +got):\n%s", diff)
		}
	})
}

// A new process knows the orders that wait for their customers.
func TestActionAcrossRestart(t *testing.T) {
	inWorld(t, func(w *world) {
		in, first := w.challenged()
		if err := w.flow.Close(w.Context()); err != nil {
			t.Fatal(err)
		}
		w.start()
		if diff := cmp.Diff(first, fresh(w.place(in))); diff != "" {
			t.Errorf("after the restart (-before +after):\n%s", diff)
		}
		w.decide(in, "approve")
		if got, ok := w.place(in).(*OrderConfirmed); !ok {
			t.Errorf("result = %+v; want it confirmed", got)
		}
	})
}

// Another process takes the order first: this one stops at once and follows.
func TestWakeRace(t *testing.T) {
	inWorld(t, func(w *world) {
		in, _ := w.challenged()
		w.decide(in, "approve")
		other := New(w.cfg, Deps{
			Orders: w.flow.orders, Inventory: w.flow.inventory, Payments: w.flow.payments, Delivery: w.flow.delivery,
			Geocoding: w.flow.geocoding, Journal: w.journal,
		})
		raced := false
		w.journal.meddle = func(op string) {
			if op != "take" || raced {
				return
			}
			raced = true
			row := w.row(in)
			run, _, _ := other.runs.begin(sagaID(row.SagaID))
			taken, err := w.journal.Store.Take(w.Context(), row.SagaID, row.Epoch, other.owner)
			if err != nil {
				t.Errorf("Take: %v", err)
			}
			other.launch(w.as(alice()), run, taken, time.Now())
		}
		if got, ok := w.place(in).(*OrderConfirmed); !ok || !raced {
			t.Errorf("result = %+v; want it confirmed by the other", got)
		}
		if err := other.Close(w.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The journal does not answer when the order is to be woken: it goes on later.
func TestWakeWithoutTheJournal(t *testing.T) {
	for name, fail := range map[string][2]bool{"down": {true, false}, "lost acknowledgement": {false, true}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				defer w.run()()
				in, _ := w.challenged()
				w.decide(in, "approve")
				once := true
				w.journal.set(func(op string) (before, after bool) {
					if op != "take" || !once {
						return false, false
					}
					once = false
					return fail[0], fail[1]
				})
				if got, ok := w.place(in).(*OrderPending); !ok {
					t.Errorf("result = %+v; want it pending", got)
				}
				if got, ok := w.settled(in).(*OrderConfirmed); !ok {
					t.Errorf("result = %+v; want it confirmed", got)
				}
			})
		})
	}
}

var _ journal.Store = (*flaky)(nil)
