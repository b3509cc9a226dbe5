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

// What passes through the gateway can be followed: the client's request id and trace reach the services.
func TestRequestsCanBeFollowed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://gateway/graphql", strings.NewReader(`{"query":"{ __typename }"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Request-Id", "client-4711")
		if a := w.send(t, r); a.Header.Get("X-Request-Id") != "client-4711" {
			t.Errorf("X-Request-Id %q", a.Header.Get("X-Request-Id"))
		}
	})
}
