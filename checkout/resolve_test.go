package checkout

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tiffin/backends/payments"
	"tiffin/checkout/journal"
)

func (w *world) resolve(id, step string, outcome Outcome) error {
	w.Helper()
	_, err := w.flow.Resolve(w.Context(), w.journal.Store.(journal.Keeper), id, Resolution{Step: step, Outcome: outcome, Reason: "the bank says so", By: "olga"})
	return err
}

// stuck is an order that waits for ever for the answer to a call.
func (w *world) stuck(call, kind string) (PlaceOrderInput, string) {
	w.Helper()
	in := w.quoted()
	w.tap.make(call, kind, forever)
	go w.place(in)
	time.Sleep(time.Minute) //nolint:forbidigo // fake time
	return in, w.row(in).SagaID
}

// An operator's word decides where the order goes, stays in the row, and what it says is what the services hold.
func TestResolve(t *testing.T) {
	for name, c := range map[string]struct {
		call, kind string
		step       string
		outcome    Outcome
		confirmed  bool
	}{
		"captured":     {callCapture, hangsAfter, "capture", OutcomeDone, true},
		"not captured": {callCapture, hangs, "capture", OutcomeNotDone, false},
		"confirmed":    {callConfirm, hangsAfter, "confirm", OutcomeDone, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				in, id := w.stuck(c.call, c.kind)
				before := w.row(in).Epoch
				if err := w.resolve("ord_"+id, c.step, c.outcome); err != nil {
					t.Fatal(err)
				}
				if c.step == "confirm" {
					w.tap.clear()
				}
				got := w.settled(in)
				if _, ok := got.(*OrderConfirmed); ok != c.confirmed {
					t.Errorf("result = %+v; want it confirmed: %v", got, c.confirmed)
				}
				row := w.row(in)
				if row.Epoch == before || !strings.Contains(string(row.Data), `"by":"olga"`) || !strings.Contains(string(row.Data), "the bank says so") {
					t.Errorf("row = %+v; want another epoch, and who said so and why", row)
				}
				calls := w.count(c.call)
				time.Sleep(5 * time.Minute) //nolint:forbidigo // fake time
				if after := w.count(c.call); after != calls {
					t.Errorf("%d more calls of the step that was resolved", after-calls)
				}
			})
		})
	}
}

// What is in no doubt is refused, and whoever drives the order is left alone.
func TestResolveRefuses(t *testing.T) {
	inWorld(t, func(w *world) {
		in, id := w.stuck(callCapture, hangs)
		epoch := w.row(in).Epoch
		for name, c := range map[string]struct {
			step    string
			outcome Outcome
			want    string
		}{
			"another step": {"authorize", OutcomeDone, "the steps that can be in doubt are [capture confirm]"},
			"no step":      {"", OutcomeDone, "the steps that can be in doubt are"},
			"no outcome":   {"capture", "maybe", "outcome must be done or not_done"},
			"no way back":  {"confirm", OutcomeNotDone, "the only way is forward"},
		} {
			no := new(NotResolvable)
			if err := w.resolve(id, c.step, c.outcome); !errors.As(err, &no) || !strings.Contains(no.Why, c.want) {
				t.Errorf("%s: %v; want %q", name, err, c.want)
			}
		}
		keeper := w.journal.Store.(journal.Keeper)
		for name, r := range map[string]Resolution{
			"no reason": {Step: "capture", Outcome: OutcomeDone, By: "olga"}, "nobody": {Step: "capture", Outcome: OutcomeDone, Reason: "so"},
			"a card number": {Step: "capture", Outcome: OutcomeDone, By: "olga", Reason: cardNumber},
		} {
			if _, err := w.flow.Resolve(w.Context(), keeper, id, r); err == nil {
				t.Errorf("%s: want it refused", name)
			}
		}
		if err := w.resolve("ord_unknown", "capture", OutcomeDone); !errors.Is(err, ErrNoOrder) {
			t.Errorf("unknown: %v", err)
		}
		if w.row(in).Epoch != epoch {
			t.Error("a refusal disturbed whoever drives the order")
		}
		w.tap.clear()
		w.settled(in)
		no := new(NotResolvable)
		if err := w.resolve(id, "capture", OutcomeNotDone); !errors.As(err, &no) || !strings.Contains(no.Why, "settled") {
			t.Errorf("settled: %v", err)
		}
	})
}

// An order that has just moved is nobody's to resolve.
func TestResolveWaitsForSilence(t *testing.T) {
	inWorld(t, func(w *world) {
		in := w.quoted()
		w.tap.make(callCapture, hangs, 1)
		go w.place(in)
		time.Sleep(5 * time.Second) //nolint:forbidigo // fake time
		no := new(NotResolvable)
		if err := w.resolve(w.row(in).SagaID, "capture", OutcomeNotDone); !errors.As(err, &no) || !strings.Contains(no.Why, "moved 5s ago") {
			t.Errorf("error = %v; want it refused", err)
		}
		w.settled(in)
	})
}

// A payment that was sent at most once waits for an operator, whose word is all there is.
func TestResolveAtMostOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.declare(payments.Service, func(p *Promises) { p.KeyTTL, p.Inquiry, p.AcceptAtMostOnce = 0, false, true })
		kept := w.kept[payments.Service].Kept()
		kept.KeyTTLMS = 0
		w.kept[payments.Service].Set(kept)
		w.start()
		in, id := w.stuck(callCapture, lost)
		if n := w.count(callCapture); n != 1 {
			t.Errorf("%d captures were sent; want one", n)
		}
		if err := w.resolve(id, "capture", OutcomeDone); err != nil {
			t.Fatal(err)
		}
		if got, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Errorf("result = %+v; want it confirmed", got)
		}
	})
}
