package payments_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tiffin/backends/payments"
	demo "tiffin/internal/demo/payments"
)

// write is something that a caller may ask for. It says what it heard, so that a replay can be compared.
type write struct {
	name string
	call func(ctx context.Context, w world, key string) (heard string)
}

func heard(payment payments.Payment, err error) string {
	return fmt.Sprint(payment.Status, payment.Authorized, err != nil, reason(err))
}

func drawWrite(t *rapid.T) write {
	amount := eur(rapid.SampledFrom([]int64{2740, 1000, 5000}).Draw(t, "amount"))
	token := rapid.SampledFrom([]string{"tok_ok", "tok_3ds", "tok_declined", "tok_capture_refused"}).Draw(t, "token")
	asked := order(token)
	asked.Amount = amount
	return rapid.SampledFrom([]write{
		{"authorize " + token, func(ctx context.Context, w world, key string) string { return heard(w.Authorize(ctx, key, asked)) }},
		{"capture", func(ctx context.Context, w world, key string) string {
			return heard(payments.Payment{}, w.Capture(ctx, key, ref, amount))
		}},
		{"void", func(ctx context.Context, w world, key string) string {
			return heard(payments.Payment{}, w.Void(ctx, key, ref))
		}},
		{"refund", func(ctx context.Context, w world, key string) string {
			return heard(payments.Payment{}, w.Refund(ctx, key, ref, amount))
		}},
	}).Draw(t, "write")
}

// Whatever is asked for in whatever order, no money is held, taken or given back twice; a replay is answered as before and moves
// nothing; and the client sees what the ledger holds.
func TestMoneyIsSafe(t *testing.T) {
	recorded := record(t)
	rapid.Check(t, func(rt *rapid.T) {
		w, network := open(t, recorded)
		defer network.Close()
		var done []func() string
		var answers []string
		var before demo.Account
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				what, key := drawWrite(rt), fmt.Sprintf("%s:%d", ref, len(done))
				call := func() string { return what.call(t.Context(), w, key) }
				done, answers = append(done, call), append(answers, call())
			},
			"replay": func(rt *rapid.T) {
				if len(done) == 0 {
					rt.Skip("nothing to replay")
				}
				n := rapid.IntRange(0, len(done)-1).Draw(rt, "which")
				was := w.account()
				if again := done[n](); again != answers[n] || w.account() != was {
					rt.Fatalf("heard %q, then %q; the ledger went from %+v to %+v", answers[n], again, was, w.account())
				}
			},
			"challenge": func(rt *rapid.T) {
				if _, found, _ := w.Inquire(t.Context(), ref); !found {
					rt.Skip("nothing to answer")
				}
				w.decide(rapid.SampledFrom([]string{"approve", "decline"}).Draw(rt, "decision"))
			},
			"wait": func(*rapid.T) { w.clock.advance(4 * time.Minute) },
			"": func(rt *rapid.T) {
				ledger := w.account()
				checkLedger(rt, before, ledger)
				checkView(t.Context(), rt, w, ledger)
				before = ledger
			},
		})
	})
}

func checkLedger(t *rapid.T, before, now demo.Account) {
	switch {
	case now.Authorizations > 1 || now.Captures > 1:
		t.Fatalf("more than once: %+v", now)
	case now.CapturedMinor > 0 && (now.Authorizations != 1 || now.HeldMinor != 0):
		t.Fatalf("captured without an authorization, or still held: %+v", now)
	case now.RefundedMinor > now.CapturedMinor:
		t.Fatalf("given back more than was taken: %+v", now)
	case before.HeldMinor > 0 && now.CapturedMinor > before.HeldMinor:
		t.Fatalf("taken more than was held: %+v, then %+v", before, now)
	case now.CapturedMinor < before.CapturedMinor || now.RefundedMinor < before.RefundedMinor:
		t.Fatalf("a sum went down: %+v, then %+v", before, now)
	case before.Authorizations == 1 && before.HeldMinor == 0 && now.HeldMinor > 0:
		t.Fatalf("held again: %+v, then %+v", before, now)
	}
}

// checkView compares what the client sees, one by one and in bulk, with the ledger.
func checkView(ctx context.Context, t *rapid.T, w world, ledger demo.Account) {
	payment, found, err := w.Inquire(ctx, ref)
	if err != nil || found != (ledger.Ref != "") {
		t.Fatalf("inquiry: %t, %v; the ledger holds %+v", found, err, ledger)
	}
	bulk, err := w.ByReferences(ctx, []string{ref})
	if err != nil || found != (bulk[ref] != nil) {
		t.Fatalf("bulk inquiry: %v, %v", bulk, err)
	}
	if !found {
		return
	}
	if diff := cmp.Diff(payment, *bulk[ref]); diff != "" {
		t.Fatal(diff)
	}
	held := int64(0)
	if payment.Status == payments.PaymentStatusAuthorized {
		held = payment.Authorized.Minor
	}
	seen := demo.Account{
		Ref: ref, Authorizations: ledger.Authorizations, Captures: ledger.Captures, Currency: string(payment.Captured.Currency),
		HeldMinor: held, CapturedMinor: payment.Captured.Minor, RefundedMinor: payment.Refunded.Minor,
	}
	if diff := cmp.Diff(ledger, seen); diff != "" || payment.Captured.Minor > payment.Authorized.Minor {
		t.Fatalf("%+v does not show the ledger: %s", payment, diff)
	}
}
