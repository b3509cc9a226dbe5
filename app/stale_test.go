package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tiffin/internal/demo/stage"
	"tiffin/internal/testkit"
)

// While the delivery service is away the page shows where the meals last were, and says so; where the driver is now is not known. After
// some minutes it says nothing rather than something that old. Nobody else gets what one customer saw.
func TestDeliveriesStandInForTheirService(t *testing.T) {
	const page = `{ orders(first: 5) { edges { node { id delivery { status driver { name position { latitude } } } } } } }`
	inWorld(t, func(t *testing.T, w *world) {
		first := w.ask(t, "alice", page, nil)
		want := first.at("orders", "edges", 0, "node", "delivery", "driver", "name")
		if want == nil || len(first.Errors) > 0 || first.Header.Get("Age") != "" {
			t.Fatalf("%+v", first)
		}
		w.breakService(t, "delivery", stage.Down)
		pass(100 * time.Second)
		for range 2 { // in whatever order the fields ask
			old := w.ask(t, "alice", page, nil)
			stale, _ := old.Extensions["stale"].([]any)
			if got := old.at("orders", "edges", 0, "node", "delivery", "driver", "name"); got != want || len(stale) != 5 || old.Header.Get("Age") != "100" {
				t.Errorf("driver %v, want %v; stale %v; Age %q", got, want, stale, old.Header.Get("Age"))
			}
			if got := old.at("orders", "edges", 0, "node", "delivery", "driver", "position"); got != nil || len(old.Errors) == 0 {
				t.Errorf("an old position: %v", got)
			}
		}
		if support := w.ask(t, "sam", page, nil); support.at("orders", "edges", 0, "node", "delivery") != nil || len(support.Errors) == 0 {
			t.Errorf("what a customer saw is shown to another: %+v", support)
		}
		pass(5 * time.Minute)
		if late := w.ask(t, "alice", page, nil); late.at("orders", "edges", 0, "node", "delivery") != nil || late.Extensions["stale"] != nil || late.Header.Get("Age") != "" {
			t.Errorf("after 400 s: %+v", late)
		}
	})
}

// A quote and an order are made of what the services say now: what a page may show while a service is away does not decide about money.
func TestCheckoutTakesNothingStaleInFull(t *testing.T) {
	testkit.InFull(t)
	inWorld(t, func(t *testing.T, w *world) {
		w.end()
		if err := <-w.ended; err != nil {
			t.Fatal(err)
		}
		w.run(t, strings.Replace(w.config(), "  geocoding: {", `  geocoding: {cache: {routes: [{path: /geocode, scope: private, stale_if_error: 24h}]}, `, 1))
		in := input("key-1", cart(nil), w.quoted(t, cart(nil)), "tok_ok")
		mend := w.breakService(t, "geocoding", stage.Down)
		// Fresh by the service's own word: the order goes to the place that was quoted.
		if placed := w.ask(t, "alice", placeOrder, in); placed.at("placeOrder", "__typename") != "OrderConfirmed" {
			t.Errorf("%+v", placed)
		}
		pass(24 * time.Hour)
		late := w.ask(t, "alice", placeOrder, input("key-2", cart(nil), "26.89", "tok_ok"))
		if late.Status != http.StatusServiceUnavailable || fmt.Sprint(late.Errors[0].Extensions["code"]) != "ORDER_NOT_STARTED" {
			t.Errorf("by a place of yesterday: %+v", late)
		}
		mend()
		w.audited(t)
	})
}

// The default routes fit the calls that the clients make: a second page is answered from the cache but for what must never be.
func TestWhatIsKept(t *testing.T) {
	const page = `{ restaurants(first: 3) { edges { node { id menu { sections { items { id stock } } } } } }
		order: orders(first: 2) { edges { node { restaurant { name } lines { item { name } } payment { status } delivery { status driver { position { latitude } } } } } } }`
	inWorld(t, func(t *testing.T, w *world) {
		if first := w.ask(t, "alice", page, nil); len(first.Errors) > 0 {
			t.Fatalf("%+v", first)
		}
		w.Calls().Clear()
		if second := w.ask(t, "alice", page, nil); len(second.Errors) > 0 {
			t.Fatalf("%+v", second)
		}
		for service, calls := range w.Calls().Snapshot() {
			for call := range calls {
				switch service + " " + call {
				case "orders GET /orders", "inventory GET /stock", "payments POST /payments/inquiries", "delivery GET /deliveries", "delivery GET /positions":
				default:
					t.Errorf("asked again: %s %s", service, call)
				}
			}
		}
		if n := len(w.Calls().Snapshot()["delivery"]); n != 2 {
			t.Errorf("%d kinds of calls to delivery: what is not fresh must be asked for", n)
		}
	})
}
