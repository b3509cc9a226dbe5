package checkout

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/testkit"
)

// scenarios are the ways that an order can go by itself: confirmed, or refused at each step that can refuse.
func scenarios() map[string]func(in *PlaceOrderInput) {
	token := func(token string) func(*PlaceOrderInput) {
		return func(in *PlaceOrderInput) { in.Payment.Card.Token = token }
	}
	return map[string]func(in *PlaceOrderInput){
		"confirmed": func(*PlaceOrderInput) {},
		"out of stock": func(in *PlaceOrderInput) {
			in.Cart.Lines = append(in.Cart.Lines, CartLineInput{ItemID: "itm_001_20", Quantity: 1})
		},
		"not on the menu": func(in *PlaceOrderInput) {
			in.Cart.Lines = append(in.Cart.Lines, CartLineInput{ItemID: "itm_002_01", Quantity: 1})
		},
		"price changed":     func(in *PlaceOrderInput) { in.Cart.Tip = nil; in.ExpectedTotal.Amount = "1.00" },
		"card declined":     token("tok_declined"),
		"no driver":         func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = "1 Lonely Road" },
		"capture refused":   token("tok_capture_refused"),
		"customer declines": token("tok_3ds"),
	}
}

// through takes an order through a scenario to its end, and wants no service to be asked twice where nothing went wrong.
func (w *world) through(in PlaceOrderInput) PlaceOrderResult {
	w.Helper()
	got := w.place(in)
	if _, waits := got.(*OrderActionRequired); waits {
		w.decideQuietly(in, "decline")
		got = w.place(in)
	}
	return got
}

// decideQuietly is decide, but keeps the log.
func (w *world) decideQuietly(in PlaceOrderInput, decision string) {
	w.Helper()
	lines := w.log.read()
	w.decide(in, decision)
	for _, line := range lines {
		w.log.add(line)
	}
}

// input is a scenario's order, after the price was agreed to.
func (w *world) scenario(edit func(in *PlaceOrderInput)) PlaceOrderInput {
	in := w.quoted(edit)
	edit(&in) // a wrong price stays wrong
	return in
}

// writes are the calls to services that an order makes after its first row, in order.
func (w *world) writes(in PlaceOrderInput) (calls []string, result PlaceOrderResult) {
	w.log.clear()
	result = w.through(in)
	begun := false
	for _, line := range w.log.read() {
		switch {
		case line == "journal STARTED":
			begun = true
		case begun && !strings.HasPrefix(line, "journal "):
			calls = append(calls, line)
		}
	}
	return calls, result
}

// Every scenario × every call in it × the process dies before or after the call's effect × the journal in memory or in a file: the next
// process brings the order to the end that it would have had, once, and each repeat hears the same.
func TestEveryCrashInFull(t *testing.T) {
	stores := stores()[:2]
	if testkit.Race {
		stores = stores[:1]
	}
	for name, edit := range scenarios() {
		var calls []string
		var want PlaceOrderResult
		inWorld(t, func(w *world) { calls, want = w.writes(w.scenario(edit)) })
		if len(calls) == 0 {
			t.Fatalf("%s: no calls", name)
		}
		for _, s := range stores {
			for n, call := range calls {
				for _, when := range []string{hangs, hangsAfter} {
					if call == callInquire && occurrence(calls, n) == 0 {
						continue // asked while nobody drives the order
					}
					t.Run(strings.Join([]string{name, s.name, call, when}, "/"), func(t *testing.T) {
						inWorld(t, func(w *world) {
							driver, _ := s.open(w)
							w.keepIn(sealed(t, w.cfg.Secrets, driver))
							w.dies(w.scenario(edit), call, when, occurrence(calls, n), want)
						})
					})
				}
			}
		}
	}
}

// asEver is a result without what differs from world to world.
func asEver(r PlaceOrderResult) PlaceOrderResult {
	r = fresh(r)
	cancelled, ok := r.(*OrderCancelled)
	if !ok {
		return r
	}
	again := *cancelled
	if changed, ok := again.Reason.(*PriceChanged); ok {
		now := *changed
		now.Quote.ID, now.Quote.ExpiresAt, now.Quote.ETA = "", time.Time{}, nil
		again.Reason = &now
	}
	return &again
}

// occurrence is how many calls like the nth are before it.
func occurrence(calls []string, n int) int {
	before := 0
	for _, call := range calls[:n] {
		if call == calls[n] {
			before++
		}
	}
	return before
}

// dies lets the process die at a call, and wants the next one to come to the same end.
func (w *world) dies(in PlaceOrderInput, call, when string, before int, want PlaceOrderResult) {
	w.Helper()
	w.tap.makeAfter(call, when, before)
	heard := make(chan PlaceOrderResult)
	go func() { heard <- w.through(in) }()
	synctest.Wait()
	w.crash()
	<-heard
	defer w.run()()
	got := w.settled(in)
	if _, waits := got.(*OrderActionRequired); waits {
		w.decideQuietly(in, "decline")
		got = fresh(w.place(in))
	}
	if diff := cmp.Diff(asEver(want), asEver(got)); diff != "" {
		w.Errorf("the end (-without a crash +with one):\n%s", diff)
	}
	w.replays(in, got)
}
