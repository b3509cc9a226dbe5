package delivery_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"tiffin/backends/delivery"
	"tiffin/fault"
)

const (
	goodDropoff = `"dropoff":{"lat":1,"lng":2,"address_line":"12 Curry Lane","contact_name":"Alice"}`
	goodAnswer  = `{"order_id":"ord_one","status":"ASSIGNED",` + goodDropoff + `}`
)

// answering always answers 200 with the body.
func answering(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body) // a client that stops reading is the point
	})
}

// calls are the client's reading methods.
func calls() map[string]func(*testing.T, *delivery.Client) error {
	return map[string]func(*testing.T, *delivery.Client) error{
		"quote": func(t *testing.T, c *delivery.Client) error {
			_, err := c.Quote(t.Context(), delivery.QuoteRequest{RestaurantID: kitchen})
			return err
		},
		"assign": func(t *testing.T, c *delivery.Client) error {
			_, err := c.Assign(t.Context(), "k", delivery.Assignment{OrderID: "ord_one"})
			return err
		},
		"list": func(t *testing.T, c *delivery.Client) error {
			_, err := c.ByOrders(t.Context(), []string{"ord_one"})
			return err
		},
		"positions": func(t *testing.T, c *delivery.Client) error {
			_, err := c.Positions(t.Context(), []string{"ord_one"})
			return err
		},
	}
}

func TestWhatBreaksTheContractIsUnknown(t *testing.T) {
	const quoted = `{"quote_id":"q","fee_minor":199,"currency":"EUR","eta":"2026-01-02T03:04:05Z","valid_until":"2026-01-02T03:04:05Z"}`
	for _, tc := range []struct{ name, call, body string }{
		{"no JSON", "assign", "\x00\xff"},
		{"empty", "assign", ""},
		{"cut", "assign", goodAnswer[:len(goodAnswer)/2]},
		{"trailing", "assign", goodAnswer + "x"},
		{"duplicate member", "assign", strings.Replace(goodAnswer, `{`, `{"status":"CANCELLED",`, 1)},
		{"too large", "assign", `{"order_id":"` + strings.Repeat("x", 5<<20) + `"}`},
		{"no order id", "assign", without(goodAnswer, `"order_id":"ord_one",`)},
		{"another order", "assign", strings.Replace(goodAnswer, "ord_one", "ord_two", 1)},
		{"no status", "assign", without(goodAnswer, `"status":"ASSIGNED",`)},
		{"no dropoff", "assign", without(goodAnswer, ","+goodDropoff)},
		{"no latitude", "assign", without(goodAnswer, `"lat":1,`)},
		{"no longitude", "assign", without(goodAnswer, `"lng":2,`)},
		{"latitude out of range", "assign", strings.Replace(goodAnswer, `"lat":1`, `"lat":90.1`, 1)},
		{"latitude as text", "assign", strings.Replace(goodAnswer, `"lat":1`, `"lat":"1"`, 1)},
		{"no address", "assign", without(goodAnswer, `"address_line":"12 Curry Lane",`)},
		{"no contact", "assign", without(goodAnswer, `,"contact_name":"Alice"`)},
		{"driver without an id", "assign", strings.Replace(goodAnswer, `"status"`, `"driver":{"name":"Amina","vehicle":"Bus"},"status"`, 1)},
		{"driver without a name", "assign", strings.Replace(goodAnswer, `"status"`, `"driver":{"id":"drv_01","vehicle":"Bus"},"status"`, 1)},
		{"no time", "assign", strings.Replace(goodAnswer, `"status"`, `"eta":"soon","status"`, 1)},
		{"no quote id", "quote", without(quoted, `"quote_id":"q",`)},
		{"no fee", "quote", without(quoted, `"fee_minor":199,`)},
		{"fee with decimals", "quote", strings.Replace(quoted, "199", "199.5", 1)},
		{"negative fee", "quote", strings.Replace(quoted, "199", "-1", 1)},
		{"no currency", "quote", without(quoted, `"currency":"EUR",`)},
		{"unknown currency", "quote", strings.Replace(quoted, "EUR", "XXZ", 1)},
		{"no eta", "quote", without(quoted, `"eta":"2026-01-02T03:04:05Z",`)},
		{"no expiry", "quote", without(quoted, `,"valid_until":"2026-01-02T03:04:05Z"`)},
		{"no list", "list", `{}`},
		{"null for a list", "list", `{"deliveries":null}`},
		{"incomplete delivery", "list", `{"deliveries":[{"order_id":"ord_one"}]}`},
		{"order not asked for", "list", `{"deliveries":[` + strings.Replace(goodAnswer, "ord_one", "ord_two", 1) + `]}`},
		{"no positions", "positions", `{}`},
		{"position without a place", "positions", `{"positions":[{"order_id":"ord_one"}]}`},
		{"position not asked for", "positions", `{"positions":[{"order_id":"ord_two","lat":1,"lng":2}]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := calls()[tc.call](t, clientOf(t, answering(tc.body)))
			if _, refused := fault.AsRefused(err); refused || !fault.Is(err, fault.ServiceUnavailable) {
				t.Errorf("%v, want an unknown outcome", err)
			}
		})
	}
}

// A delivery is called off where the answer is the contract's, which has no body.
func TestACancellationWithAnAnswerIsInDoubt(t *testing.T) {
	for _, body := range []string{"\x00\xff", "<html>", "{}", goodAnswer} {
		err := clientOf(t, answering(body)).Cancel(t.Context(), "k", "ord_one")
		if _, refused := fault.AsRefused(err); refused || !fault.Is(err, fault.ServiceUnavailable) {
			t.Errorf("%q: %v, want an unknown outcome", body, err)
		}
	}
}

func without(body, part string) string { return strings.Replace(body, part, "", 1) }

func TestNewWordsOfTheService(t *testing.T) {
	body := strings.Replace(goodAnswer, "ASSIGNED", "TELEPORTING", 1)
	body = strings.Replace(body, "{", `{"charm":"strange",`, 1)
	got, err := clientOf(t, answering(body)).Assign(t.Context(), "k", delivery.Assignment{OrderID: "ord_one"})
	if err != nil || got.Status != delivery.DeliveryStatusUnknown || got.ETA != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTimesAreUTC(t *testing.T) {
	body := strings.Replace(goodAnswer, `"status"`, `"eta":"2026-01-02T03:04:05+02:00","status"`, 1)
	got, err := clientOf(t, answering(body)).Assign(t.Context(), "k", delivery.Assignment{OrderID: "ord_one"})
	if err != nil || got.ETA.String() != "2026-01-02 01:04:05 +0000 UTC" {
		t.Errorf("%v, %v", got.ETA, err)
	}
}

func TestQuotesAreUTC(t *testing.T) {
	const body = `{"quote_id":"q","fee_minor":199,"currency":"EUR","eta":"2026-01-02T03:04:05+02:00","valid_until":"2026-01-02T03:04:05+02:00"}`
	got, err := clientOf(t, answering(body)).Quote(t.Context(), delivery.QuoteRequest{})
	const want = "2026-01-02 01:04:05 +0000 UTC"
	if err != nil || got.ETA.String() != want || got.ExpiresAt.String() != want {
		t.Errorf("%v, %v", got, err)
	}
}
