package checkout

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/checkout/journal"
)

// private is an order whose every personal word can be recognised, and those words.
func (w *world) private(edit func(in *PlaceOrderInput)) (PlaceOrderInput, []string) {
	in := w.quoted(func(in *PlaceOrderInput) {
		to := in.Cart.Fulfilment.Delivery
		to.Address, to.RecipientName = "12 Curry Lane", "Alice Zephyrine"
		to.RecipientPhone, to.Instructions = new("+49 30 5550123"), new("ring at Quixote twice")
		in.Cart.Lines[0].Note = new("no Xanthan please")
		edit(in)
	})
	return in, []string{"12 Curry", "Zephyrine", "5550123", "Quixote", "Xanthan", in.Payment.Card.Token}
}

// betrayed says which words are in clear in the files of a journal.
func betrayed(t testing.TB, dir string, since time.Time, words []string) (found []string) {
	t.Helper()
	for name, text := range files(t, dir, since) {
		for _, word := range words {
			if bytes.Contains(text, []byte(word)) {
				found = append(found, word+" in "+name)
			}
		}
	}
	return found
}

// At every state of an order, and afterwards, no file of the journal has a word that its customer told us: not the tables, not the logs.
func TestNothingIsKeptInClear(t *testing.T) {
	token := func(token string) func(*PlaceOrderInput) {
		return func(in *PlaceOrderInput) { in.Payment.Card.Token = token }
	}
	onEach(t, func(w *world, _ store, dir string) {
		if dir == "" {
			return // memory has no files
		}
		var words []string
		looks, began := map[string]bool{}, time.Now()
		w.journal.meddle = func(op string) {
			looks[op] = true
			for _, found := range betrayed(w, dir, began, words) {
				w.Errorf("before %s: %s", op, found)
			}
		}
		for n, edit := range []func(*PlaceOrderInput){token("tok_ok"), token("tok_declined"), token("tok_capture_refused"), token("tok_3ds"), func(in *PlaceOrderInput) {
			in.Cart.Fulfilment.Delivery.Address = "12 Cury Lan" // unknown: what it might have been is part of the answer that is kept
		}} {
			var in PlaceOrderInput
			in, words = w.private(edit)
			words = append(words, "Cury Lan", "Curry Lane")
			in.IdempotencyKey = string(rune('a' + n))
			w.place(in)
			if in.Payment.Card.Token == "tok_3ds" {
				w.decide(in, "approve")
			}
			w.place(in)
		}
		for _, op := range []string{
			"insert", "advance AUTHORIZED", "advance AWAITING_CUSTOMER", "advance CAPTURING", "advance CONFIRMED", "advance CANCELLING", "advance CANCELLED", "take",
		} {
			if !looks[op] {
				w.Errorf("nobody looked before %s", op)
			}
		}
		for _, found := range betrayed(w, dir, began, words) {
			w.Errorf("at the end: %s", found)
		}
	})
}

// The search finds what is there: without the seal every word is in a file while the order is on its way.
func TestTheSearchForClearTextFinds(t *testing.T) {
	for _, s := range stores()[1:] {
		t.Run(s.name, func(t *testing.T) {
			run := func(t *testing.T) {
				w := newWorld(t)
				driver, dir := s.open(t)
				w.keepIn(driver)
				began := time.Now()
				in, words := w.private(func(*PlaceOrderInput) {})
				found := map[string]bool{}
				w.journal.meddle = func(op string) {
					if op != "advance AUTHORIZED" {
						return
					}
					for _, word := range words {
						found[word] = len(betrayed(w, dir, began, []string{word})) > 0
					}
				}
				w.place(in)
				for _, word := range words {
					if !found[word] {
						t.Errorf("%s is not found", word)
					}
				}
				if err := w.flow.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if s.real {
				run(t)
			} else {
				synctest.Test(t, run)
			}
		})
	}
}

// A gateway without the secret of a row's time leaves the row alone, and says so.
func TestARowWhoseSecretIsGone(t *testing.T) {
	inWorld(t, func(w *world) {
		inner, _ := w.journal.Store.(journal.Driver)
		w.keepIn(sealed(w, []Secret{{"old", "an-old-secret-of-thirty-two-bytes"}}, inner))
		in := w.quoted()
		w.tap.make(callCreate, hangs, 1)
		heard := make(chan PlaceOrderResult)
		go func() { heard <- w.place(in) }()
		synctest.Wait()
		w.journal.Store = sealed(w, w.cfg.Secrets, inner)
		w.crash()
		<-heard
		stop := w.run()
		synctest.Wait()
		stop()
		if kinds := w.log.kinds(); kinds[EventLeftOpen] < 2 || w.count(callCreate) != 1 {
			t.Errorf("events %v, calls %v; want the row reported and no call made", kinds, w.log.read())
		}
		w.keepIn(sealed(w, append(w.cfg.Secrets, Secret{"old", "an-old-secret-of-thirty-two-bytes"}), inner))
		defer w.run()()
		if got, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Errorf("with the secret again: %+v; want it confirmed", got)
		}
	})
}
