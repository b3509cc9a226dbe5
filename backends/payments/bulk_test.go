package payments_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/payments"
	"tiffin/fault"
	"tiffin/internal/demo/catalogue"
	demo "tiffin/internal/demo/payments"
	"tiffin/internal/demo/seed"
	"tiffin/internal/testkit"
)

func references(n int) []string {
	refs := make([]string, n)
	for i := range refs {
		refs[i] = fmt.Sprintf("ref-%04d", i)
	}
	return refs
}

// past are n orders: every third is cancelled, every sixth of them only after it was confirmed.
func past(refs []string) []seed.Order {
	orders := make([]seed.Order, len(refs))
	for i, ref := range refs {
		orders[i] = seed.Order{Ref: ref, TotalMinor: int64(1000 + i), Status: "completed", Timeline: []seed.Event{{Status: "confirmed"}}}
		if i%3 == 0 {
			orders[i].Status = "cancelled"
		}
		if i%6 == 0 {
			orders[i].Timeline = nil
		}
	}
	return orders
}

func TestByReferences(t *testing.T) {
	recorded, refs := record(t), references(250)
	service := demo.New(demo.Config{Now: time.Now, Past: past(refs)})
	network := testkit.Start(t, map[string]http.Handler{"payments": recorded.tap(service.Handler())})
	asked := append(append(references(250), refs[:50]...), "unknown-1", "unknown-2")
	got, err := payments.New(network.Transport()).ByReferences(t.Context(), asked)
	if err != nil || len(got) != len(refs) {
		t.Fatalf("%d payments, %v, want %d", len(got), err, len(refs))
	}
	for i, ref := range refs {
		total := int64(1000 + i)
		want := payments.Payment{
			Status: payments.PaymentStatusCaptured, Authorized: eur(total), Captured: eur(total), Refunded: eur(0), AuthorizationID: "AUT-" + ref,
		}
		switch {
		case i%6 == 0:
			want.Status, want.Authorized, want.Captured = payments.PaymentStatusVoided, eur(0), eur(0)
		case i%3 == 0:
			want.Status, want.Refunded = payments.PaymentStatusRefunded, eur(total)
		}
		if *got[ref] != want {
			t.Errorf("%s: %+v, want %+v", ref, *got[ref], want)
		}
	}
}

func TestByReferencesOfTheCatalogue(t *testing.T) {
	recorded := record(t)
	orders := seed.Orders(catalogue.New(), []string{"https://issuer.example#alice"}, 50, start)
	service := demo.New(demo.Config{Now: func() time.Time { return start }, Past: orders})
	network := testkit.Start(t, map[string]http.Handler{"payments": recorded.tap(service.Handler())})
	var refs []string
	for _, o := range orders {
		refs = append(refs, o.Ref)
	}
	got, err := payments.New(network.Transport()).ByReferences(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		payment := got[o.Ref]
		if cancelled := o.Status == "cancelled"; payment == nil || !cancelled && payment.Captured != eur(o.TotalMinor) ||
			cancelled && payment.Captured != payment.Refunded {
			t.Errorf("%s, %s over %d: %+v", o.Ref, o.Status, o.TotalMinor, payment)
		}
	}
}

func TestByReferencesAsksForNothing(t *testing.T) {
	got, err := payments.New(nil).ByReferences(t.Context(), nil)
	if len(got) != 0 || got == nil || err != nil {
		t.Errorf("%v, %v, want an empty map", got, err)
	}
}

// At most four calls are under way, and the first failure ends the others.
func TestByReferencesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most, calls atomic.Int32
		network := testkit.Start(t, map[string]http.Handler{"payments": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := calls.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			if n == 3 {
				<-time.After(time.Second)
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			<-r.Context().Done()
		})})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		_, err := payments.New(network.Transport()).ByReferences(ctx, references(600))
		if !fault.Is(err, fault.ServiceUnavailable) || !strings.Contains(err.Error(), "status 503") {
			t.Errorf("%v, want the first failure", err)
		}
		if most.Load() != 4 || time.Since(began) != time.Second {
			t.Errorf("%d calls at once, ended after %v", most.Load(), time.Since(began))
		}
	})
}
