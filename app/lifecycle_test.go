package app_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/app"
)

// status asks the admin port.
func (w *world) status(t *testing.T, path string) int {
	t.Helper()
	response, err := w.client.Get("http://admin" + path)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// An order that is on its way at SIGTERM is finished and answered; meanwhile the gateway is not ready and takes no new ones.
func TestDrainFinishesWhatIsInFlight(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		total := w.quoted(t, cart(nil))
		if got := w.status(t, "/readyz"); got != http.StatusOK {
			t.Errorf("readyz %d before", got)
		}
		placed := make(chan answer)
		go func() { placed <- w.ask(t, "alice", placeOrder, input("key-1", cart(nil), total, "tok_slow")) }()
		pass(time.Second) // fake time: the bank thinks for three
		w.end()
		synctest.Wait()
		if got := w.status(t, "/livez"); got != http.StatusOK {
			t.Errorf("livez %d while draining", got)
		}
		if got := w.status(t, "/readyz"); got != http.StatusServiceUnavailable {
			t.Errorf("readyz %d while draining", got)
		}
		if a := <-placed; a.at("placeOrder", "__typename") != "OrderConfirmed" {
			t.Errorf("%+v", a)
		}
		w.audited(t)
	})
}

// Before the drain the gateway says that it is not ready, and serves on: whoever has not noticed yet is answered.
func TestDrainDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := idle(t)
		w.run(t, w.config()+"drain_delay: 5s\n")
		w.end()
		for range 4 {
			pass(time.Second)
			if got := w.status(t, "/readyz"); got != http.StatusServiceUnavailable {
				t.Errorf("readyz %d", got)
			}
			if a := w.ask(t, "", `{ __typename }`, nil); a.Status != http.StatusOK {
				t.Errorf("%+v", a)
			}
		}
		begin := time.Now()
		if err := <-w.ended; err != nil {
			t.Error("Run:", err)
		}
		if took := time.Since(begin); took < 900*time.Millisecond || took > 2*time.Second {
			t.Errorf("ended %v after that, want about 1s", took)
		}
	})
}

func TestAddressInUseSaysWhichKey(t *testing.T) {
	cfg := app.Defaults()
	cfg.Checkout.Journal.Kind = "memory"
	cfg.Mode, cfg.Listen, cfg.Admin = app.Development, "127.0.0.1:0", "256.0.0.1:1"
	for _, url := range []*string{
		&cfg.Services.Orders.URL, &cfg.Services.Inventory.URL, &cfg.Services.Payments.URL, &cfg.Services.Delivery.URL, &cfg.Services.Geocoding.URL,
	} {
		*url = "http://127.0.0.1:1"
	}
	program, err := app.New(cfg, app.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Run(t.Context()); err == nil || err.Error()[:len("admin: 256.0.0.1:1")] != "admin: 256.0.0.1:1" {
		t.Errorf("%v", err)
	}
}

// Services and the issuer need not be up when the gateway starts.
func TestStartWithEverythingDown(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.Close()
		if got := w.status(t, "/readyz"); got != http.StatusOK {
			t.Errorf("readyz %d", got)
		}
		a := w.ask(t, "", `{ restaurants { edges { node { name } } } }`, nil)
		if a.Status != http.StatusOK || a.at("restaurants") != nil || len(a.Errors) != 1 {
			t.Errorf("%+v", a)
		}
	})
}
