package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tiffin/app"
	"tiffin/internal/demo/stage"
)

// withJournal is this world's configuration with another journal.
func (w *world) withJournal(t *testing.T, journal string) string {
	t.Helper()
	const memory = "journal: {kind: memory}"
	source := w.config()
	if !strings.Contains(source, memory) {
		t.Fatal("the world's configuration has no journal in memory")
	}
	return strings.Replace(source, memory, "journal: {"+journal+"}", 1)
}

// restart ends the process and starts another one with this configuration.
func (w *world) restart(t *testing.T, source string) (ended error) {
	t.Helper()
	w.end()
	ended = <-w.ended
	w.run(t, source)
	return ended
}

// An order that is under way when the process must end is taken up by the next one, which also knows the answers that the first one gave,
// and refuses what the first one would.
func TestOrdersOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	inWorld(t, func(t *testing.T, w *world) {
		durable := w.withJournal(t, "kind: sqlite, path: "+path)
		if err := w.restart(t, durable); err != nil {
			t.Fatal(err)
		}
		total := w.quoted(t, cart(nil))
		settled := w.ask(t, "alice", placeOrder, input("settled", cart(nil), total, "tok_ok"))
		mend := w.breakService(t, "inventory", stage.Down)
		open := w.ask(t, "alice", placeOrder, input("open", cart(nil), total, "tok_ok"))
		if open.at("placeOrder", "__typename") != "OrderPending" {
			t.Fatalf("%+v", open)
		}
		if err := w.restart(t, durable); err == nil || !strings.Contains(err.Error(), "1 orders under way") {
			t.Errorf("Run = %v; want it to say that an order is under way", err)
		}
		mend()
		pass(time.Minute) // fake time: past the longest back-off
		again := w.ask(t, "alice", placeOrder, input("open", cart(nil), total, "tok_ok"))
		if name := again.at("placeOrder", "__typename"); name != "OrderConfirmed" && name != "OrderCancelled" {
			t.Errorf("%+v; want it settled", again)
		}
		if again.at("placeOrder", "orderId") != open.at("placeOrder", "orderId") {
			t.Errorf("another order: %+v", again)
		}
		replay := w.ask(t, "alice", placeOrder, input("settled", cart(nil), total, "tok_ok"))
		if replay.at("placeOrder", "orderId") != settled.at("placeOrder", "orderId") || replay.at("placeOrder", "replayed") != true ||
			replay.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%+v\n%+v", settled, replay)
		}
		other := w.ask(t, "alice", placeOrder, input("settled", cart(nil), "99.00", "tok_ok"))
		if len(other.Errors) != 1 || other.Errors[0].Extensions["code"] != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("another payload: %+v", other)
		}
		w.audited(t)
	})
	info, err := os.Stat(path + ".key")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret beside the journal: %v, %v; want it for its owner only", info, err)
	}
}

// A secret that was cut short beside the journal is not taken for one.
func TestABrokenSecretBesideTheJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	if err := os.WriteFile(path+".key", []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := app.Defaults()
	cfg.Mode, cfg.Checkout.Journal.Path = app.Development, path
	for _, url := range []*string{
		&cfg.Services.Orders.URL, &cfg.Services.Inventory.URL, &cfg.Services.Payments.URL, &cfg.Services.Delivery.URL, &cfg.Services.Geocoding.URL,
	} {
		*url = "http://127.0.0.1:1"
	}
	if _, err := app.New(cfg, app.Deps{}); err == nil || !strings.Contains(err.Error(), "journal.db.key holds 5 bytes") {
		t.Errorf("New = %v; want it to say what is wrong with the file", err)
	}
}

// A file has one gateway; the second one is told so, and does not start.
func TestTheJournalHasOneGateway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	inWorld(t, func(t *testing.T, w *world) {
		durable := w.withJournal(t, "kind: sqlite, path: "+path)
		if err := w.restart(t, durable); err != nil {
			t.Fatal(err)
		}
		cfg, err := app.Parse("test.yaml", []byte(durable))
		if err != nil {
			t.Fatal(err)
		}
		second, err := app.New(cfg, app.Deps{Dial: w.network.DialContext})
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "is in use by") {
			t.Errorf("Run = %v; want it to say who has the journal", err)
		}
	})
}

// Without its journal a gateway starts, serves pages, refuses orders, and says so.
func TestWithoutTheJournalPagesAreServed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const secret = "checkout: {secrets: [{id: a, key: a-secret-of-at-least-thirty-two-bytes}], "
		source := strings.Replace(w.withJournal(t, `kind: postgres, dsn: "postgres://tiffin@10.0.0.1:1/tiffin"`), "checkout: {", secret, 1)
		if err := w.restart(t, source); err != nil {
			t.Fatal(err)
		}
		response, err := w.client.Get("http://admin/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		if response.StatusCode != http.StatusOK || !strings.Contains(string(text), "orders: refused") {
			t.Errorf("readyz: %d %q; want it ready, with a note", response.StatusCode, text)
		}
		in := input("key-1", cart(nil), w.quoted(t, cart(nil)), "tok_ok")
		refused := w.ask(t, "alice", placeOrder, in)
		if refused.Status != http.StatusServiceUnavailable || len(refused.Errors) != 1 ||
			refused.Errors[0].Extensions["code"] != "ORDER_NOT_STARTED" || refused.Errors[0].Extensions["retryable"] != true {
			t.Errorf("%+v", refused)
		}
		page := w.ask(t, "alice", fmt.Sprintf(`{ restaurant(id: %q) { name } }`, "res_001"), nil)
		if page.at("restaurant", "name") == nil {
			t.Errorf("%+v", page)
		}
		w.audited(t)
	})
}

// operators asks the admin port.
func (w *world) operators(t *testing.T, path string) (status int, text string) {
	t.Helper()
	response, err := w.client.Get("http://admin" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// Operators see which orders are open, since when and at what, and nothing of what customers told us.
func TestOperatorsSeeOpenOrders(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		if status, text := w.operators(t, "/orders/open"); status != http.StatusOK || text != "{\"orders\":[],\"more\":false}\n" {
			t.Errorf("without orders: %d %s", status, text)
		}
		total := w.quoted(t, cart(nil))
		mend := w.breakService(t, "inventory", stage.Down)
		orderID, ok := w.ask(t, "alice", placeOrder, input("key-1", cart(nil), total, "tok_ok")).at("placeOrder", "orderId").(string)
		if !ok {
			t.Fatal("no order")
		}
		pass(2 * time.Minute) // fake time: until it is being undone, and stuck
		_, list := w.operators(t, "/orders/open?limit=1")
		_, shown := w.operators(t, "/orders/"+orderID)
		for _, want := range []string{`"orderId":"` + orderID, `"state":"CANCELLING"`, `"drivenHere":true`, `"settled":false`, `"reason":"TimedOut"`, `"ageSeconds":128`} {
			if !strings.Contains(list, want) || !strings.Contains(shown, want) {
				t.Errorf("no %s in\n%s\n%s", want, list, shown)
			}
		}
		if strings.Contains(list+shown, "Curry Lane") || strings.Contains(list+shown, "tok_ok") {
			t.Errorf("the customer's business is shown: %s", list)
		}
		if _, metrics := w.operators(t, "/metrics"); !strings.Contains(metrics, "\ntiffin_orders_stuck 1\n") || !strings.Contains(metrics, "\ntiffin_journal_up 1\n") {
			t.Error("the order is not counted as stuck")
		}
		mend()
		pass(time.Minute) // fake time: past the longest back-off
		if _, text := w.operators(t, "/orders/"+orderID); !strings.Contains(text, `"state":"CANCELLED","settled":true`) || !strings.Contains(text, `"reason":"TimedOut"`) {
			t.Errorf("settled: %s", text)
		}
		for path, want := range map[string]int{
			"/orders/ord_nobody": http.StatusNotFound, "/orders/open?limit=0": http.StatusBadRequest, "/orders/open?limit=many": http.StatusBadRequest,
		} {
			if status, text := w.operators(t, path); status != want {
				t.Errorf("%s: %d %s; want %d", path, status, text, want)
			}
		}
		w.audited(t)
	})
}

// The customer acts while no gateway runs: the next one finds out.
func TestTheCustomerActsBetweenTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	inWorld(t, func(t *testing.T, w *world) {
		durable := w.withJournal(t, "kind: sqlite, path: "+path)
		if err := w.restart(t, durable); err != nil {
			t.Fatal(err)
		}
		in := input("key-1", cart(nil), w.quoted(t, cart(nil)), "tok_3ds")
		waiting := w.ask(t, "alice", placeOrder, in)
		page, ok := waiting.at("placeOrder", "action", "url").(string)
		if !ok {
			t.Fatalf("%+v", waiting)
		}
		w.end()
		if err := <-w.ended; err != nil {
			t.Fatal(err)
		}
		w.decide(t, page, "approve")
		w.run(t, durable)
		if settled := w.ask(t, "alice", placeOrder, in); settled.at("placeOrder", "__typename") != "OrderConfirmed" {
			t.Errorf("%+v; want it confirmed", settled)
		}
		w.audited(t)
	})
}
