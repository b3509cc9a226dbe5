package checkout

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/fault"
)

// doubts are the ways not to know.
func doubts() []string { return []string{unavailable, hangs, lost, hangsAfter, garbage} }

// beforeThePivot are the writes that a doubt may turn, with how many steps the journal wrote by then.
func beforeThePivot() []string { return []string{callCreate, callReserve, callAuthorize, callAssign} }

// each runs a test for every call and every way not to know.
func each(t *testing.T, calls []string, test func(w *world, call, doubt string)) {
	t.Helper()
	for _, call := range calls {
		for _, doubt := range doubts() {
			t.Run(call+" "+doubt, func(t *testing.T) {
				inWorld(t, func(w *world) { test(w, call, doubt) })
			})
		}
	}
}

// Unknown is not no: after one doubt the same call, with the same key and body, succeeds.
func TestDoubtOnce(t *testing.T) {
	each(t, append(beforeThePivot(), callCapture, callConfirm), func(w *world, call, doubt string) {
		in := w.quoted()
		w.tap.make(call, doubt, 1)
		w.place(in)
		if got, ok := w.settled(in).(*OrderConfirmed); !ok {
			w.Errorf("result = %+v; want it confirmed", got)
		}
		if n := w.count(call); n != 2 {
			w.Errorf("%d calls; want the first and its repeat", n)
		}
		if unknown := w.log.kinds()[EventUnknown]; unknown != 1 {
			w.Errorf("%d events; want one", unknown)
		}
	})
}

func (w *world) count(call string) int {
	n := 0
	for _, line := range w.log.read() {
		if line == call {
			n++
		}
	}
	return n
}

// A doubt without end turns the order before the pivot, within the patience, and what may have been done is undone.
func TestDoubtForEverBeforeThePivot(t *testing.T) {
	each(t, beforeThePivot(), func(w *world, call, doubt string) {
		in := w.quoted()
		w.tap.make(call, doubt, forever)
		began := time.Now()
		if got, ok := w.place(in).(*OrderPending); !ok {
			w.Errorf("result = %+v; want it pending", got)
		}
		got, _ := w.place(in).(*OrderCancelled)
		if diff := cmp.Diff(&OrderCancelled{OrderID: "ord_" + w.row(in).SagaID, Replayed: true, Reason: timedOut()}, got); diff != "" {
			w.Errorf("result (-want +got):\n%s", diff)
		}
		if took := time.Since(began); took < 13*time.Second || took > 15*time.Second {
			w.Errorf("took %v; want up to the patience of 15s", took)
		}
		if w.count(call) < 2 {
			w.Error("the call was not repeated")
		}
		lines := w.log.read()
		if diff := cmp.Diff(undo(), lines[len(lines)-len(undo()):]); diff != "" {
			w.Errorf("undo (-want +got):\n%s", diff)
		}
	})
}

// From the pivot on the only way is forward, however long it takes.
func TestDoubtForEverFromThePivotOn(t *testing.T) {
	each(t, []string{callCapture, callConfirm}, func(w *world, call, doubt string) {
		in := w.quoted()
		w.tap.make(call, doubt, forever)
		w.place(in)
		time.Sleep(time.Hour) //nolint:forbidigo // fake time
		if got, ok := w.placement(in).(*OrderPending); !ok {
			w.Errorf("after an hour: %+v; want it pending", got)
		}
		if n := w.count(call); n < 100 {
			w.Errorf("%d calls in an hour; want one each half minute at the least", n)
		}
		w.tap.clear()
		time.Sleep(41 * time.Second) //nolint:forbidigo // fake time: a call that hangs, and the longest back-off
		if got, ok := w.placement(in).(*OrderConfirmed); !ok {
			w.Errorf("when the service is back: %+v; want it confirmed", got)
		}
	})
}

// Undoing never gives up either.
func TestDoubtForEverWhenUndoing(t *testing.T) {
	each(t, []string{callCancelDriver, callVoid, callRelease, callCancelOrder}, func(w *world, call, doubt string) {
		in := w.quoted(func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = "1 Lonely Road" })
		w.tap.make(call, doubt, forever)
		w.place(in)
		time.Sleep(time.Hour) //nolint:forbidigo // fake time
		if got, ok := w.placement(in).(*OrderPending); !ok {
			w.Errorf("after an hour: %+v; want it pending", got)
		}
		w.tap.clear()
		time.Sleep(41 * time.Second) //nolint:forbidigo // fake time
		got, _ := w.placement(in).(*OrderCancelled)
		if diff := cmp.Diff(noDriver(), got.Reason); diff != "" {
			w.Errorf("reason (-want +got):\n%s", diff)
		}
		calls := slices.Compact(w.log.read())
		if diff := cmp.Diff(undo(), calls[len(calls)-len(undo()):]); diff != "" {
			w.Errorf("undo (-want +got):\n%s", diff)
		}
	})
}

// When the reads cannot be had nothing is started, and the same key starts it later.
func TestDoubtInTheReads(t *testing.T) {
	each(t, []string{callLocate, callDeliveryQuote}, func(w *world, call, doubt string) {
		in := w.quoted()
		w.tap.make(call, doubt, 1)
		if call == callLocate && doubt == lost {
			w.tap.make(call, doubt, 2) // net/http repeats a GET that was lost with its connection
		}
		_, err := w.flow.Place(w.as(alice()), in)
		if !fault.Is(err, fault.OrderNotStarted) {
			w.Errorf("error = %v; want ORDER_NOT_STARTED", err)
		}
		if got := w.placement(in); got != nil {
			w.Errorf("placement = %+v; want nil", got)
		}
		if got, ok := w.place(in).(*OrderConfirmed); !ok || got.Replayed {
			w.Errorf("result = %+v; want it confirmed, for the first time", got)
		}
	})
}

// The patience is for all steps together: many small doubts do not add up to an endless wait.
func TestPatienceIsShared(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.BackoffBase, w.cfg.BackoffForward = 3*time.Second, 3*time.Second
		w.start()
		in := w.quoted()
		for _, call := range beforeThePivot() {
			w.tap.make(call, hangs, 1) // 10s each
		}
		began := time.Now()
		w.place(in)
		if got, ok := w.settled(in).(*OrderCancelled); !ok {
			w.Errorf("result = %+v; want it cancelled", got)
		}
		if took := time.Since(began); took > 16*time.Second {
			w.Errorf("took %v; want 15s at the most", took)
		}
	})
}

// Every state, refused without a type: because somebody undid the step before it was made.
func TestTombstones(t *testing.T) {
	for call, c := range map[string]struct {
		bury func(w *world, id sagaID) error
		want PlacementFailure
	}{
		callCreate: {func(w *world, id sagaID) error { return w.flow.orders.Cancel(w.Context(), "x", id.order(), "test") }, timedOut()},
		callReserve: {func(w *world, id sagaID) error {
			return w.flow.inventory.Release(w.Context(), "x", id.order())
		}, itemsUnavailable([]string{"itm_001_01", "itm_001_02"})},
		callAuthorize: {func(w *world, id sagaID) error { return w.flow.payments.Void(w.Context(), "x", id.payment()) }, paymentDeclined()},
		callAssign:    {func(w *world, id sagaID) error { return w.flow.delivery.Cancel(w.Context(), "x", id.order()) }, noDriver()},
	} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted()
				id := sagaIDOf(scopeOf(alice(), operationPlace), in.IdempotencyKey)
				if err := c.bury(w, id); err != nil {
					t.Fatal(err)
				}
				got, _ := w.place(in).(*OrderCancelled)
				if diff := cmp.Diff(&OrderCancelled{OrderID: id.order(), Reason: c.want}, got); diff != "" {
					t.Errorf("result (-want +got):\n%s", diff)
				}
				if w.count(call) != 1 {
					t.Error("a refusal was not taken for an answer")
				}
			})
		})
	}
}

// Past the point of no return a refusal is a broken promise: it is asked again until the service keeps it.
func TestRefusalsThatTurnNothing(t *testing.T) {
	for call, c := range map[string]struct {
		code string
		want State
	}{
		callConfirm: {"not_confirmable", Confirmed}, callCancelDriver: {"cancelled", Cancelled}, callRelease: {"released", Cancelled},
		callCancelOrder: {"not_cancellable", Cancelled}, callVoid: {"ALREADY_CAPTURED", Cancelled},
	} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted(func(in *PlaceOrderInput) {
					if c.want == Cancelled {
						in.Payment.Card.Token = "tok_declined"
					}
				})
				w.tap.make(call, refused+c.code, forever)
				w.place(in)
				time.Sleep(10 * time.Minute) //nolint:forbidigo // fake time
				if got, ok := w.placement(in).(*OrderPending); !ok {
					t.Errorf("after 10 minutes: %+v; want it pending", got)
				}
				w.wasRefused()
				w.tap.clear()
				time.Sleep(31 * time.Second) //nolint:forbidigo // fake time
				synctest.Wait()
				if row := w.row(in); State(row.State) != c.want {
					t.Errorf("row = %+v; want it %s", row, c.want)
				}
			})
		})
	}
}

// wasRefused wants the last doubt to have been about a refusal, so that the test has tried what it says.
func (w *world) wasRefused() {
	w.Helper()
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	last := w.log.events[len(w.log.events)-1]
	if _, ok := fault.AsRefused(last.Err); !ok || last.Kind != EventUnknown {
		w.Errorf("the last event = %+v; want a refusal that is not taken for an answer", last)
	}
}

// Each typed refusal has its failure, whatever the state: the table that the flow's refusals are read from.
func TestRefusalTable(t *testing.T) {
	no := &fault.Refused{Service: "s", Reason: "r"}
	c := cart{Lines: []line{{ItemID: "itm_1"}}}
	typed := map[error]PlacementFailure{
		&orders.PriceChangedError{Refused: no, Price: orders.PricedCart{ID: "q"}}:                             priceChanged(Quote{ID: "q"}),
		&orders.ItemsUnavailableError{Refused: no, ItemIDs: []string{"a"}}:                                    itemsUnavailable([]string{"a"}),
		&orders.RestaurantClosedError{Refused: no}:                                                            &RestaurantClosed{Failure: Failure{"The restaurant takes no orders at the moment.", true}},
		&inventory.OutOfStockError{Refused: no, Shortages: []inventory.Shortage{{ItemID: "a", Available: 2}}}: outOfStock([]inventory.Shortage{{ItemID: "a", Available: 2}}),
		&payments.DeclinedError{Refused: no}:                                                                  paymentDeclined(),
		&delivery.OutsideAreaError{Refused: no}:                                                               &OutsideDeliveryArea{Failure{"The restaurant does not deliver to this address.", false}},
		&delivery.NoDriverError{Refused: no}:                                                                  noDriver(),
	}
	bare := map[State]PlacementFailure{
		Started: timedOut(), Ordered: itemsUnavailable([]string{"itm_1"}), Reserved: paymentDeclined(), Authorized: noDriver(), Capturing: paymentDeclined(),
	}
	for state, wantBare := range bare {
		s := &saga{flow: New(Defaults(), Deps{}), state: state, request: request{Cart: c}}
		for err, want := range typed {
			if diff := cmp.Diff(want, s.failure(err)); diff != "" {
				t.Errorf("%s, %T (-want +got):\n%s", state, err, diff)
			}
		}
		for err, want := range map[error]PlacementFailure{no: wantBare, &doubtError{no}: timedOut(), errActionExpired: actionExpired()} {
			if diff := cmp.Diff(want, s.failure(err)); diff != "" {
				t.Errorf("%s, %v (-want +got):\n%s", state, err, diff)
			}
		}
	}
}

// A refusal whose words were lost on the way, so that only a status of 200 arrived, is no yes: the next answer turns the order.
func TestARefusalThatArrivesAsGarbage(t *testing.T) {
	for call, edit := range map[string]func(*PlaceOrderInput){
		callReserve: func(in *PlaceOrderInput) { in.Cart.Lines[0].ItemID = "itm_001_20" },
		callAssign:  func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = "1 Lonely Road" },
		callCapture: func(in *PlaceOrderInput) { in.Payment.Card.Token = "tok_capture_refused" },
	} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in := w.quoted(edit)
				w.tap.make(call, garbage, 1)
				w.place(in)
				if got, ok := w.settled(in).(*OrderCancelled); !ok {
					t.Errorf("result = %+v; want it cancelled", got)
				}
			})
		})
	}
}
