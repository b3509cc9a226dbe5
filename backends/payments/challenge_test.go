package payments_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/payments"
	"tiffin/fault"
)

func TestChallenge(t *testing.T) {
	late := func(w world) { w.clock.advance(10 * time.Minute) }
	tests := []struct {
		name  string
		event func(context.Context, world)
		want  payments.PaymentStatus
		held  int64
	}{
		{"not answered yet", func(_ context.Context, w world) { w.clock.advance(10*time.Minute - time.Second) }, payments.PaymentStatusActionRequired, 0},
		{"approved", func(_ context.Context, w world) { w.decide("approve") }, payments.PaymentStatusAuthorized, 2740},
		{"approved twice", func(_ context.Context, w world) { w.decide("approve"); w.decide("approve") }, payments.PaymentStatusAuthorized, 2740},
		{"declined", func(_ context.Context, w world) { w.decide("decline") }, payments.PaymentStatusDeclined, 0},
		{"declined, then approved", func(_ context.Context, w world) { w.decide("decline"); w.decide("approve") }, payments.PaymentStatusDeclined, 0},
		{"expired", func(_ context.Context, w world) { late(w) }, payments.PaymentStatusDeclined, 0},
		{"approved too late", func(_ context.Context, w world) { late(w); w.decide("approve") }, payments.PaymentStatusDeclined, 0},
		{"voided, then approved", func(ctx context.Context, w world) {
			_ = w.Void(ctx, "v", ref)
			w.decide("approve")
		}, payments.PaymentStatusVoided, 0},
	}
	recorded := record(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := begin(t, recorded)
			action := &payments.RequiredAction{URL: "http://payments/challenge/" + ref, ExpiresAt: start.Add(10 * time.Minute)}
			want := payments.Payment{Status: payments.PaymentStatusActionRequired, Authorized: eur(0), Captured: eur(0), Refunded: eur(0), Action: action}
			asked, err := w.Authorize(t.Context(), "a", order("tok_3ds"))
			if diff := cmp.Diff(want, asked); diff != "" || err != nil {
				t.Fatal(err, diff)
			}
			if diff := cmp.Diff(want, w.inquire(t)); diff != "" {
				t.Error(diff)
			}
			tt.event(t.Context(), w)
			got := w.inquire(t)
			if got.Status != tt.want || w.account().HeldMinor != tt.held || (got.Action != nil) != (tt.want == payments.PaymentStatusActionRequired) {
				t.Errorf("%+v, %+v; want %s with %d held", got, w.account(), tt.want, tt.held)
			}
		})
	}
}

func TestAuthorizeAfterTheChallengeUnderAnotherKey(t *testing.T) {
	recorded := record(t)
	for decision, want := range map[string]string{"approve": "", "decline": "DECLINED"} {
		w := begin(t, recorded)
		_, _ = w.Authorize(t.Context(), "a", order("tok_3ds"))
		w.decide(decision)
		got, err := w.Authorize(t.Context(), "b", order("tok_3ds"))
		if reason(err) != want || want == "" && got.Status != payments.PaymentStatusAuthorized {
			t.Errorf("%s: %v, %v", decision, got, err)
		}
	}
}

// A slow authorization holds the money, whether or not the client waits for the answer.
func TestSlowAuthorization(t *testing.T) {
	recorded := record(t)
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, recorded)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := w.Authorize(ctx, "a", order("tok_slow"))
		if !fault.Is(err, fault.Timeout) || w.account().HeldMinor != 2740 {
			t.Fatalf("%v, %v, want a time-out and money held", err, w.account())
		}
		began := time.Now()
		got, err := w.Authorize(t.Context(), "a", order("tok_slow"))
		if err != nil || got.Status != payments.PaymentStatusAuthorized || w.account().Authorizations != 1 {
			t.Errorf("%v, %v, %v", got, err, w.account())
		}
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("answered after %v, want the rest of 3 s", waited)
		}
	})
}
