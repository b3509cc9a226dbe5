package app_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tiffin/internal/demo/stage"
)

const placeOrder = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
	__typename
	... on Placement { orderId status replayed }
	... on OrderConfirmed { total { amount currency } order { id status lines { title quantity item { name } } payment { status captured { amount } } delivery { status driver { name phone } dropoff { address } } } }
	... on OrderPending { retryAfterMs }
	... on OrderActionRequired { action { kind url } expiresAt }
	... on OrderCancelled { charged reason { __typename message retryable
		... on OutOfStock { items { itemId available } } ... on PriceChanged { quote { id total { amount currency } } } ... on AddressNotFound { suggestions } ... on ItemsUnavailable { itemIds } ... on RestaurantClosed { opensAt } } }
} }`

const quoteCart = `query ($cart: CartInput!) { quote(cart: $cart) { __typename ... on Quote { id total { amount currency } } ... on QuoteRefused { reason { __typename message retryable } } } }`

// cart is two dishes to an address, changed as a test wants it.
func cart(change map[string]any) map[string]any {
	c := map[string]any{"restaurant": "res_001", "item": "itm_001_01", "address": "12 Curry Lane", "quantity": 2}
	maps.Copy(c, change)
	return map[string]any{
		"restaurantId": c["restaurant"],
		"lines":        []any{map[string]any{"itemId": c["item"], "quantity": c["quantity"], "note": "hot"}},
		"fulfilment":   map[string]any{"delivery": map[string]any{"address": c["address"], "recipientName": "Alice", "instructions": "ring"}},
	}
}

func input(key string, cart map[string]any, total, token string) map[string]any {
	return map[string]any{"input": map[string]any{
		"idempotencyKey": key, "cart": cart, "expectedTotal": map[string]any{"amount": total, "currency": "EUR"},
		"payment": map[string]any{"card": map[string]any{"token": token}},
	}}
}

// quoted is the total that a good cart costs.
func (w *world) quoted(t *testing.T, c map[string]any) string {
	t.Helper()
	a := w.ask(t, "alice", quoteCart, map[string]any{"cart": c})
	total, ok := a.at("quote", "total", "amount").(string)
	if !ok {
		t.Fatalf("no quote: %+v", a)
	}
	return total
}

func TestAnOrderIsQuotedPlacedAndReadBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		total := w.quoted(t, cart(nil))
		placed := w.ask(t, "alice", placeOrder, input("key-1", cart(nil), total, "tok_ok"))
		result := func(path ...any) any { return placed.at(append([]any{"placeOrder"}, path...)...) }
		for want, path := range map[any][]any{
			"OrderConfirmed":   {"__typename"},
			"CONFIRMED":        {"order", "status"},
			"Vegetable tiffin": {"order", "lines", 0, "item", "name"},
			"CAPTURED":         {"order", "payment", "status"},
			total:              {"order", "payment", "captured", "amount"},
			"ASSIGNED":         {"order", "delivery", "status"},
			"12 Curry Lane":    {"order", "delivery", "dropoff", "address"},
		} {
			if got := result(path...); got != want {
				t.Errorf("%v = %v, want %v (%+v)", path, got, want, placed)
			}
		}
		if result("replayed") != false || result("order", "delivery", "driver", "name") == nil {
			t.Errorf("%+v", placed)
		}
		w.audited(t)
	})
}

func TestTheSameKeyTwiceIsOneOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		in := input("key-1", cart(nil), w.quoted(t, cart(nil)), "tok_ok")
		orders := w.Audit().Orders
		first, second := w.ask(t, "alice", placeOrder, in), w.ask(t, "alice", placeOrder, in)
		if first.Header.Get("Idempotent-Replayed") != "" || second.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("Idempotent-Replayed: %q, then %q", first.Header.Get("Idempotent-Replayed"), second.Header.Get("Idempotent-Replayed"))
		}
		if first.at("placeOrder", "orderId") != second.at("placeOrder", "orderId") || second.at("placeOrder", "replayed") != true {
			t.Errorf("%+v\n%+v", first, second)
		}
		placement := w.ask(t, "alice", `{ placement(idempotencyKey: "key-1") { ... on Placement { orderId status replayed } } }`, nil)
		if placement.at("placement", "orderId") != first.at("placeOrder", "orderId") {
			t.Errorf("%+v", placement)
		}
		if bob := w.ask(t, "bob", `{ placement(idempotencyKey: "key-1") { __typename } }`, nil); bob.at("placement") != nil || len(bob.Errors) > 0 {
			t.Errorf("bob sees alice's placement: %+v", bob)
		}
		other := w.ask(t, "alice", placeOrder, input("key-1", cart(map[string]any{"quantity": 3}), "99.00", "tok_ok"))
		if other.Status != http.StatusUnprocessableEntity || len(other.Errors) != 1 || other.Errors[0].Extensions["code"] != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("another payload: %+v", other)
		}
		if got := w.Audit().Orders; got != orders+1 {
			t.Errorf("%d orders more, want 1", got-orders)
		}
		w.audited(t)
	})
}

// Each refusal has its type, and leaves nothing behind.
func TestRefusalsAreTypedAndLeaveNothing(t *testing.T) {
	tests := []struct {
		reason, token, total string
		change               map[string]any
	}{
		{reason: "OutOfStock", change: map[string]any{"item": "itm_001_20"}},
		{reason: "PriceChanged", total: "1.00"},
		{reason: "PaymentDeclined", token: "tok_declined"},
		{reason: "AddressNotFound", total: "1.00", change: map[string]any{"address": "1 Nowhere At All"}},
		{reason: "OutsideDeliveryArea", total: "1.00", change: map[string]any{"address": "1 Far Island"}},
		{reason: "NoDriver", change: map[string]any{"address": "1 Lonely Road"}},
		{reason: "RestaurantClosed", total: "1.00", change: map[string]any{"restaurant": "res_030", "item": "itm_030_01"}},
		{reason: "ItemsUnavailable", total: "1.00", change: map[string]any{"item": "itm_999_99"}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				if test.token == "" {
					test.token = "tok_ok"
				}
				if test.total == "" {
					test.total = w.quoted(t, cart(test.change))
				}
				in := input("key-1", cart(test.change), test.total, test.token)
				for _, replayed := range []bool{false, true} {
					a := w.ask(t, "alice", placeOrder, in)
					if a.at("placeOrder", "__typename") != "OrderCancelled" || a.at("placeOrder", "charged") != false ||
						a.at("placeOrder", "reason", "__typename") != test.reason || a.at("placeOrder", "reason", "message") == "" ||
						a.at("placeOrder", "replayed") != replayed {
						t.Errorf("%+v", a)
					}
				}
				if open := w.Audit().Open; open != 0 {
					t.Errorf("%d orders are open", open)
				}
				w.audited(t)
			})
		})
	}
}

// A changed price says the new one, which can then be agreed to.
func TestAChangedPriceCanBeAgreedTo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		refused := w.ask(t, "alice", placeOrder, input("key-1", cart(nil), "1.00", "tok_ok"))
		price, ok := refused.at("placeOrder", "reason", "quote", "total", "amount").(string)
		if !ok {
			t.Fatalf("%+v", refused)
		}
		agreed := w.ask(t, "alice", placeOrder, input("key-2", cart(nil), price, "tok_ok"))
		if agreed.at("placeOrder", "__typename") != "OrderConfirmed" {
			t.Errorf("%+v", agreed)
		}
		w.audited(t)
	})
}

// The bank wants the customer: the order waits, and goes on or is undone by what the customer does.
func TestTheBankWantsTheCustomer(t *testing.T) {
	for decision, want := range map[string]string{"approve": "OrderConfirmed", "decline": "OrderCancelled", "": "OrderCancelled"} {
		t.Run("decision "+decision, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				in := input("key-1", cart(nil), w.quoted(t, cart(nil)), "tok_3ds")
				waiting := w.ask(t, "alice", placeOrder, in)
				page, ok := waiting.at("placeOrder", "action", "url").(string)
				if !ok {
					t.Fatalf("%+v", waiting)
				}
				if decision == "" {
					pass(11 * time.Minute) // fake time: past the action's expiry
				} else {
					w.decide(t, page, decision)
				}
				settled := w.ask(t, "alice", placeOrder, in)
				if settled.at("placeOrder", "__typename") != want {
					t.Errorf("%+v, want %s", settled, want)
				}
				if reason := settled.at("placeOrder", "reason", "__typename"); want == "OrderCancelled" && reason != "ActionExpired" {
					t.Errorf("reason %v", reason)
				}
				w.audited(t)
			})
		})
	}
}

// decide does what the customer does on the bank's page.
func (w *world) decide(t *testing.T, page, decision string) {
	t.Helper()
	form := url.Values{"decision": {decision}}.Encode()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

// An order whose first read cannot be had was not started, and the same key can be used again.
func TestAnOrderThatCannotBeStartedCanBeRepeated(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		in := input("key-1", cart(nil), w.quoted(t, cart(nil)), "tok_ok")
		w.invalidate(t, "http://admin", "geocode") // the quote knows the place, and would be believed
		mend := w.breakService(t, "geocoding", stage.Down)
		refused := w.ask(t, "alice", placeOrder, in)
		if refused.Status != http.StatusServiceUnavailable || len(refused.Errors) != 1 || refused.Errors[0].Extensions["code"] != "ORDER_NOT_STARTED" ||
			refused.Errors[0].Extensions["retryable"] != true {
			t.Errorf("%+v", refused)
		}
		mend()
		if again := w.ask(t, "alice", placeOrder, in); again.at("placeOrder", "__typename") != "OrderConfirmed" {
			t.Errorf("%+v", again)
		}
		w.audited(t)
	})
}

// Before the pivot a service that stays away undoes the order; the customer hears of it at once, and of the outcome when asking again.
func TestAServiceThatStaysAwayUndoesTheOrder(t *testing.T) {
	for _, service := range []string{"inventory", "payments"} {
		t.Run(service, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				in := input("key-1", cart(nil), w.quoted(t, cart(nil)), "tok_ok")
				mend := w.breakService(t, service, stage.LostAnswer)
				pending := w.ask(t, "alice", placeOrder, in)
				if pending.at("placeOrder", "__typename") != "OrderPending" {
					t.Errorf("%+v", pending)
				}
				pass(20 * time.Second) // fake time: past the forward budget
				mend()
				pass(time.Minute) // fake time: past the longest back-off
				settled := w.ask(t, "alice", placeOrder, in)
				if settled.at("placeOrder", "reason", "__typename") != "TimedOut" {
					t.Errorf("%+v", settled)
				}
				if open := w.Audit().Open; open != 0 {
					t.Errorf("%d orders are open", open)
				}
				w.audited(t)
			})
		})
	}
}

const cancelOrder = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
	__typename
	... on Cancellation { orderId status replayed }
	... on CancellationConfirmed { refunded { amount currency } order { status payment { status refunded { amount } } delivery { status } timeline { status } } }
	... on CancellationPending { retryAfterMs }
	... on CancellationRefused { reason { __typename message retryable } }
} }`

// An order is called off once, with its money given back; somebody else's is as if it did not exist; and it takes the scope.
func TestAnOrderIsCalledOff(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		total := w.quoted(t, cart(nil))
		id := w.ask(t, "alice", placeOrder, input("key-1", cart(nil), total, "tok_ok")).at("placeOrder", "orderId")
		off := func(user, key string) answer {
			t.Helper()
			return w.ask(t, user, cancelOrder, map[string]any{"input": map[string]any{"idempotencyKey": key, "orderId": id}})
		}
		if a := off("bob", "c"); a.at("cancelOrder", "reason", "__typename") != "OrderNotFound" {
			t.Errorf("bob: %+v", a)
		}
		if a := off("dave", "c"); len(a.Errors) != 1 || a.Status != http.StatusForbidden {
			t.Errorf("without the scope: %d %+v", a.Status, a.Errors)
		}
		first, second, other := off("alice", "c"), off("alice", "c"), off("alice", "another")
		for want, path := range map[any][]any{
			"CancellationConfirmed": {"__typename"}, "CONFIRMED": {"status"}, total: {"refunded", "amount"}, "CANCELLED": {"order", "status"},
			"REFUNDED": {"order", "payment", "status"}, "CANCELLING": {"order", "timeline", 2, "status"},
		} {
			if got := first.at(append([]any{"cancelOrder"}, path...)...); got != want {
				t.Errorf("%v = %v; want %v", path, got, want)
			}
		}
		if first.Header.Get("Idempotent-Replayed") != "" || second.Header.Get("Idempotent-Replayed") != "true" || second.at("cancelOrder", "replayed") != true {
			t.Errorf("replay: %+v", second)
		}
		if other.at("cancelOrder", "reason", "__typename") != "AlreadyCancelled" {
			t.Errorf("under another key: %+v", other)
		}
		if placement := w.ask(t, "alice", `{ placement(idempotencyKey: "key-1") { ... on Placement { status } } }`, nil); placement.at("placement", "status") != "CONFIRMED" {
			t.Errorf("placement = %+v; want it as it was", placement)
		}
	})
}
