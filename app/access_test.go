package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newest is the id of the user's newest order.
func (w *world) newest(t *testing.T, user string) string {
	t.Helper()
	a := w.ask(t, user, `{ orders(first: 1) { edges { node { id } } } }`, nil)
	id, ok := a.at("orders", "edges", 0, "node", "id").(string)
	if !ok {
		t.Fatalf("%s has no order: %+v", user, a)
	}
	return id
}

// A customer sees their own orders; another's is as if it did not exist; support sees all; nobody sees none.
func TestOrdersAreSeenByTheirOwnerAndBySupport(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id := w.newest(t, "alice")
		for _, query := range []string{`{ it: order(id: %q) { id } }`, `{ it: node(id: %q) { id } }`} {
			query = fmt.Sprintf(query, id)
			for user, visible := range map[string]bool{"alice": true, "sam": true, "bob": false, "dave": false} {
				a := w.ask(t, user, query, nil)
				if got := a.at("it", "id") == id; got != visible || len(a.Errors) > 0 {
					t.Errorf("%s %s: visible %v, want %v (%+v)", user, query, got, visible, a)
				}
			}
			if a := w.ask(t, "", query, nil); a.at("it") != nil || len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "UNAUTHENTICATED" {
				t.Errorf("nobody %s: %+v", query, a)
			}
		}
		if all := w.ask(t, "sam", `{ orders(first: 100) { edges { node { id } } pageInfo { hasNextPage } } }`, nil); len(all.Errors) > 0 ||
			all.at("orders", "pageInfo", "hasNextPage") != true {
			t.Errorf("support sees %+v", all.Errors)
		}
	})
}

// The pages of a list hold every order once, newest first; a cursor is good for its own filter only.
func TestPagesOfOrders(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const page = `query ($after: String, $status: OrderStatus) { orders(first: 20, after: $after, status: $status) {
			edges { node { id placedAt } } pageInfo { hasNextPage endCursor } } }`
		seen, last, after := map[any]bool{}, "9999", any(nil)
		for more := true; more; {
			a := w.ask(t, "alice", page, map[string]any{"after": after})
			edges, _ := a.at("orders", "edges").([]any)
			for i := range edges {
				id, placed := a.at("orders", "edges", i, "node", "id"), a.at("orders", "edges", i, "node", "placedAt").(string)
				if seen[id] || placed > last {
					t.Errorf("%v placed at %s after %s, seen %v", id, placed, last, seen[id])
				}
				seen[id], last = true, placed
			}
			after, more = a.at("orders", "pageInfo", "endCursor"), a.at("orders", "pageInfo", "hasNextPage") == true
		}
		if len(seen) != 50 {
			t.Errorf("%d orders, want 50", len(seen))
		}
		for _, variables := range []map[string]any{{"after": after, "status": "DELIVERED"}, {"after": "nonsense"}} {
			if a := w.ask(t, "alice", page, variables); len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "BAD_USER_INPUT" {
				t.Errorf("%v: %+v", variables, a)
			}
		}
	})
}

// What the document alone refuses is refused before anything is fetched.
func TestRefusalsByTheDocument(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.Calls().Clear()
		in := input("key-1", cart(nil), "1.00", "tok_ok")
		dave := w.ask(t, "dave", placeOrder, in)
		if dave.Status != http.StatusForbidden || len(dave.Errors) != 1 || !strings.Contains(dave.Errors[0].Message, "orders:place") {
			t.Errorf("dave: %+v", dave)
		}
		nobody := w.ask(t, "", placeOrder, in)
		if nobody.Status != http.StatusUnauthorized || nobody.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("nobody: %+v", nobody)
		}
		mixed := w.ask(t, "", `{ restaurants(first: 1) { edges { node { name } } } me { id } }`, nil)
		if mixed.Status != http.StatusOK || mixed.at("restaurants", "edges", 0, "node", "name") == nil || mixed.at("me") != nil || len(mixed.Errors) != 1 {
			t.Errorf("anonymous browsing beside a guarded field: %+v", mixed)
		}
		if calls := w.Calls().Snapshot(); len(calls["orders"])+len(calls["geocoding"])+len(calls["payments"]) > 0 {
			t.Errorf("refused operations asked services: %v", calls)
		}
	})
}

// The examples of GraphiQL do what they say, in the order of the tabs.
func TestExamples(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		run := func(name string, change func(map[string]any)) answer {
			query, variables := example(t, name)
			change(variables)
			a := w.ask(t, "alice", query, variables)
			if a.Status != http.StatusOK || len(a.Errors) > 0 {
				t.Errorf("%s: %d %+v", name, a.Status, a.Errors)
			}
			return a
		}
		asIs := func(map[string]any) {}
		run("order-page", asIs)
		run("restaurants", asIs)
		quote := run("quote-cart", asIs)
		placed := run("place-order", func(v map[string]any) {
			in, _ := v["input"].(map[string]any)
			in["idempotencyKey"], in["expectedTotal"] = "example-1", quote.at("quote", "total")
		})
		if placed.at("placeOrder", "__typename") != "OrderConfirmed" {
			t.Errorf("%+v", placed)
		}
		placement := run("placement", func(v map[string]any) { v["idempotencyKey"] = "example-1" })
		if placement.at("placement", "orderId") != placed.at("placeOrder", "orderId") {
			t.Errorf("%+v", placement)
		}
		cancelled := run("cancel-order", func(v map[string]any) {
			in, _ := v["input"].(map[string]any)
			in["orderId"] = placed.at("placeOrder", "orderId")
		})
		if cancelled.at("cancelOrder", "__typename") != "CancellationConfirmed" {
			t.Errorf("%+v", cancelled)
		}
		w.audited(t)
	})
}

func example(t *testing.T, name string) (query string, variables map[string]any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../web/examples", name+".graphql"))
	if err != nil {
		t.Fatal(err)
	}
	variables = map[string]any{}
	values, err := os.ReadFile(filepath.Join("../web/examples", name+".json"))
	if err == nil {
		err = json.Unmarshal(values, &variables)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text), variables
}

// What passes through the gateway can be followed: the client's request id and trace reach the services, and nothing else of the client's does.
func TestRequestsCanBeFollowed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const trace = "0af7651916cd43dd8448eb211c80319c"
		seen := w.spyOnInventory(t)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://gateway/graphql",
			strings.NewReader(`{"query":"{ restaurants(first: 1) { edges { node { id } } } }"}`))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "X-Request-Id": "client-4711", "Traceparent": "00-" + trace + "-b7ad6b7169203331-01",
			"Accept-Language": "de-AT, en;q=0.5", "Cookie": "session=1", "X-Forwarded-User": "root",
		} {
			r.Header.Set(name, value)
		}
		if a := w.send(t, r); a.Header.Get("X-Request-Id") != "client-4711" {
			t.Errorf("X-Request-Id of the answer: %q", a.Header.Get("X-Request-Id"))
		}
		got := <-seen
		if parent := got.Get("Traceparent"); !strings.HasPrefix(parent, "00-"+trace+"-") || !strings.HasSuffix(parent, "-01") || strings.Contains(parent, "b7ad6b7169203331") {
			t.Errorf("traceparent at the service: %q", parent)
		}
		if got.Get("X-Request-Id") != "client-4711" || got.Get("Accept-Language") != "de" || got.Get("Cookie") != "" || got.Get("X-Forwarded-User") != "" {
			t.Errorf("headers at the service: %v", got)
		}
	})
}

// spyOnInventory starts the program again with a spy as the inventory service, and tells what headers it sees first.
func (w *world) spyOnInventory(t *testing.T) <-chan http.Header {
	t.Helper()
	seen := make(chan http.Header, 1)
	w.end()
	if err := <-w.ended; err != nil {
		t.Fatal(err)
	}
	w.network.Serve("spy", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		select {
		case seen <- r.Header.Clone():
		default: // a repeat
		}
		rw.WriteHeader(http.StatusServiceUnavailable)
	}))
	w.run(t, strings.Replace(w.config(), w.ServiceURLs()["inventory"], "http://spy", 1))
	return seen
}
