package checkout

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/orders"
	"tiffin/checkout/journal"
	"tiffin/internal/storefront"
)

// The list of failures is that of the schema: a new one that cannot be stored fails here.
func TestFailureTypesAreThoseOfTheSchema(t *testing.T) {
	schema, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, m := range regexp.MustCompile(`(?m)^type (\w+) implements PlacementFailure`).FindAllSubmatch(schema, -1) {
		want = append(want, string(m[1]))
	}
	for _, f := range failureTypes() {
		got = append(got, reason{f}.name())
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("failures (-schema +ours):\n%s", diff)
	}
}

// Every failure, with every field set, comes back from the journal as it went in.
func TestReasonsComeBack(t *testing.T) {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	eur := storefront.Money{Minor: 1250, Currency: "EUR"}
	filled := []PlacementFailure{
		outOfStock(nil), itemsUnavailable([]string{"itm_1"}), paymentDeclined(), addressNotFound([]string{"1 Curry Lane"}), noDriver(),
		actionExpired(), timedOut(), &OutsideDeliveryArea{Failure{"far", false}}, &RestaurantClosed{Failure{"closed", true}, &at},
		&OutOfStock{Failure{"none", true}, []OutOfStockItem{{"itm_1", 3}}},
		priceChanged(Quote{"q", []orders.Charge{{Kind: orders.ChargeTip, Label: "Tip", Amount: eur}}, eur, at, &at}),
	}
	seen := map[reflect.Type]bool{}
	for _, want := range filled {
		seen[reflect.TypeOf(want)] = true
		stored, err := result{Reason: &reason{want}}.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := answer(journal.Row{SagaID: "s", State: string(Cancelled), Result: stored}, true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&OrderCancelled{OrderID: "ord_s", Replayed: true, Reason: want}, got); diff != "" {
			t.Errorf("%T (-want +got):\n%s", want, diff)
		}
	}
	if len(seen) != len(failureTypes()) {
		t.Errorf("%d of %d failures are tried", len(seen), len(failureTypes()))
	}
}

func TestUnreadableRowsAreErrors(t *testing.T) {
	due := time.Now()
	for name, row := range map[string]journal.Row{
		"garbage":                    {State: "CONFIRMED", Result: []byte("garbage")},
		"confirmed without a total":  {State: "CONFIRMED", Result: []byte("{}")},
		"cancelled without a reason": {State: "CANCELLED", Result: []byte("{}")},
		"a reason of the future":     {State: "CANCELLED", Result: []byte(`{"reason":{"type":"Eclipse","value":{}}}`)},
		"a result in another state":  {State: "STARTED", Result: []byte(`{"total":{"minor":1,"currency":"EUR"}}`)},
		"parked without an action":   {State: "AWAITING_CUSTOMER", Due: due, Data: []byte("{}")},
		"parked with garbage":        {State: "AWAITING_CUSTOMER", Due: due, Data: []byte("garbage")},
	} {
		if got, err := answer(row, false); err == nil {
			t.Errorf("%s: answer = %#v; want an error", name, got)
		}
	}
}

// What a settled row keeps says nothing of the customer.
func TestSettledDataIsBare(t *testing.T) {
	full := data{AuthorizationID: "auth", Action: &action{URL: "https://bank"}, DriverID: "drv", Reason: &reason{addressNotFound([]string{"1 Curry Lane"})}}
	stored, err := full.settled().encode()
	if err != nil || string(stored) != `{"authorizationId":"auth","driverId":"drv"}` {
		t.Errorf("settled data = %s, %v", stored, err)
	}
}

// A request survives the journal unchanged, so that bodies are the same whoever builds them.
func TestRequestComesBack(t *testing.T) {
	in := *full()
	in.Cart.Fulfilment.Delivery.Pin = &storefront.Coordinates{Latitude: 52.500000000000001, Longitude: -0.1}
	in.Cart.Fulfilment.Delivery.RequestedFor = new(time.Date(2026, 11, 23, 19, 0, 0, 5, time.UTC))
	in.Cart.Tip = &storefront.MoneyInput{Amount: "2.5", Currency: "EUR"}
	want := newRequest(t.Context(), alice(), in)
	want.Found = found{*in.Cart.Fulfilment.Delivery.Pin, "dq", storefront.Money{Minor: 290, Currency: "EUR"}, time.Date(2026, 11, 23, 19, 0, 0, 5, time.UTC)}
	stored, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeRequest(stored)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("request (-want +got), error %v:\n%s", err, diff)
	}
	wantLine := orders.CartLine{ID: "lin_s_1", ItemID: "itm_001_01", Quantity: 2, Options: []orders.CartOption{{GroupID: "g", OptionID: "o"}}, Note: "n"}
	if diff := cmp.Diff(wantLine, got.newOrder("s").Cart.Lines[0]); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	for name, body := range map[string]func(request) any{
		"order":         func(r request) any { return r.newOrder("s") },
		"reservation":   func(r request) any { return r.reservation("s") },
		"authorization": func(r request) any { return r.authorization("s") },
		"assignment":    func(r request) any { return r.assignment("s") },
	} {
		a, _ := json.Marshal(body(want))
		b, _ := json.Marshal(body(got))
		if string(a) != string(b) {
			t.Errorf("%s: %s; want %s", name, b, a)
		}
	}
}
