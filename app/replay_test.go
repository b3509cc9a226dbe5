package app_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// Whoever has used up how many orders they may place, and lost an answer, can still ask what became of it, as often as the customer's
// own operations allow; a new order waits.
func TestReplaysAreAnsweredWithTheLimitUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := idle(t)
		w.run(t, w.config()+`
edge: {rate_limit: {user: {burst: 10, every: 1h}, fields: [{field: Mutation.placeOrder, burst: 1, every: 1h}, {field: Mutation.cancelOrder, burst: 1, every: 1h}]}}
`)
		total := w.quoted(t, cart(nil)) // the first of the ten
		orders := w.Audit().Orders
		first := w.ask(t, "alice", placeOrder, input("key-1", cart(nil), total, "tok_ok"))
		if first.at("placeOrder", "__typename") != "OrderConfirmed" {
			t.Fatalf("%+v", first)
		}
		if other := w.ask(t, "alice", placeOrder, input("key-2", cart(nil), total, "tok_ok")); other.Status != http.StatusTooManyRequests {
			t.Errorf("another order: %+v", other)
		}
		for range 3 {
			again := w.ask(t, "alice", placeOrder, input("key-1", cart(nil), total, "tok_ok"))
			if again.Status != http.StatusOK || again.at("placeOrder", "orderId") != first.at("placeOrder", "orderId") || again.at("placeOrder", "replayed") != true {
				t.Errorf("the same order: %+v", again)
			}
			if !strings.Contains(again.Header.Get("RateLimit"), `"Mutation.placeOrder";r=0;`) {
				t.Errorf("%s", again.Header.Get("RateLimit"))
			}
		}
		changed := w.ask(t, "alice", placeOrder, input("key-1", cart(map[string]any{"quantity": 3}), "99.00", "tok_ok"))
		if changed.Status != http.StatusUnprocessableEntity {
			t.Errorf("another cart under a known key: %+v", changed)
		}
		for n, want := range []int{http.StatusTooManyRequests, http.StatusTooManyRequests, http.StatusTooManyRequests} {
			if got := w.ask(t, "alice", placeOrder, input("key-3", cart(nil), total, "tok_ok")); got.Status != want {
				t.Errorf("a third order, %d: %+v", n, got)
			}
		}
		if last := w.ask(t, "alice", placeOrder, input("key-1", cart(nil), total, "tok_ok")); last.Status != http.StatusTooManyRequests ||
			!strings.HasPrefix(last.Header.Get("RateLimit"), `"user";r=0;`) {
			t.Errorf("the ten operations: %d %v", last.Status, last.Header)
		}
		if got := w.Audit().Orders; got != orders+1 {
			t.Errorf("%d orders more, want 1", got-orders)
		}
		w.audited(t)
		w.end()
		if err := <-w.ended; err != nil {
			t.Error("Run:", err)
		}
	})
}
