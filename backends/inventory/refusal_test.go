package inventory_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/inventory"
	"tiffin/fault"
	"tiffin/internal/demo/catalogue"
	"tiffin/internal/storefront"
)

func TestQueriesBeyondTheirBounds(t *testing.T) {
	w := newWorld(t)
	centre := catalogue.Centre()
	page, err := w.Restaurants(t.Context(), inventory.RestaurantQuery{First: 1, Search: "pizza"})
	if err != nil {
		t.Fatal(err)
	}
	cursor := page.Edges[0].Cursor
	w.calls.Clear()
	for name, query := range map[string]inventory.RestaurantQuery{
		"no first":         {First: 0},
		"large first":      {First: 101},
		"long search":      {First: 1, Search: strings.Repeat("ä", 101)},
		"search not UTF-8": {First: 1, Search: "\xff"},
		"latitude":         {First: 1, Near: &storefront.Coordinates{Latitude: 91}},
		"longitude":        {First: 1, Near: &storefront.Coordinates{Longitude: -181}},
		"garbage cursor":   {First: 1, After: "x"},
		"other search":     {First: 1, After: cursor, Search: "pasta"},
		"no search":        {First: 1, After: cursor},
		"other place":      {First: 1, After: cursor, Search: "pizza", Near: &centre},
	} {
		if _, err := w.Restaurants(t.Context(), query); !fault.Is(err, fault.BadUserInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Restaurants(t.Context(), inventory.RestaurantQuery{First: 1, Search: strings.Repeat("ä", 100)}); err != nil {
		t.Errorf("the longest search: %v", err)
	}
	if got := w.calls.Snapshot()["inventory"]["GET /restaurants"]; got != 1 {
		t.Errorf("%d calls for queries of which one was good", got)
	}
}

func reservation(order string, lines ...inventory.ReservationLine) inventory.Reservation {
	return inventory.Reservation{OrderID: order, RestaurantID: "res_001", Lines: lines}
}

func TestReserveAndRelease(t *testing.T) {
	w := newWorld(t)
	full := reservation("ord_a",
		inventory.ReservationLine{ID: "lin_1", ItemID: "itm_001_01", Quantity: 2},
		inventory.ReservationLine{ID: "lin_2", ItemID: "itm_001_19", Quantity: 1},
		inventory.ReservationLine{ID: "lin_3", ItemID: "itm_001_01", Quantity: 1},
	)
	for _, key := range []string{"a:reserve", "a:reserve", "a:reserve:2"} { // a repeat, and one under a new key
		if err := w.Reserve(t.Context(), key, full); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	held := w.service.Holdings()
	want := map[string]map[string]int{"ord_a": {"itm_001_01": 3, "itm_001_19": 1}}
	if diff := cmp.Diff(want, held.ByOrder); diff != "" || held.Available["itm_001_01"] != 1_000_000-3 || held.Available["itm_001_19"] != 0 {
		t.Errorf("available %d and %d, held\n%s", held.Available["itm_001_01"], held.Available["itm_001_19"], diff)
	}
	for range 2 {
		if err := w.Release(t.Context(), "a:release", "ord_a"); err != nil {
			t.Fatal(err)
		}
	}
	if after := w.service.Holdings(); len(after.ByOrder) != 0 || !maps.Equal(after.Available, after.Initial) {
		t.Errorf("not all is back: %v", after.ByOrder)
	}
}

func TestReserveRefusals(t *testing.T) {
	w := newWorld(t)
	if err := w.Release(t.Context(), "gone:release", "ord_gone"); err != nil {
		t.Fatalf("releasing an unknown order: %v", err)
	}
	held := reservation("ord_held", inventory.ReservationLine{ID: "lin_1", ItemID: "itm_001_01", Quantity: 1})
	if err := w.Reserve(t.Context(), "held:reserve", held); err != nil {
		t.Fatal(err)
	}
	before := w.service.Holdings()
	for _, test := range []struct {
		order, item string
		quantity    int32
		reason      string
	}{
		{"ord_b", "itm_002_01", 1, "unknown_item"}, // another restaurant's
		{"ord_b", "itm_001_21", 1, "unknown_item"},
		{"ord_gone", "itm_001_01", 1, "released"},
		{"ord_gone", "itm_001_21", 1, "released"}, // the tombstone counts first
		{"ord_held", "itm_001_01", 2, "line_differs"},
		{"ord_held", "itm_001_02", 1, "line_differs"},
	} {
		err := w.Reserve(t.Context(), test.order+test.item+test.reason, reservation(test.order,
			inventory.ReservationLine{ID: "lin_0", ItemID: "itm_001_02", Quantity: 1},
			inventory.ReservationLine{ID: "lin_1", ItemID: test.item, Quantity: test.quantity}))
		var short *inventory.OutOfStockError
		if refused, ok := fault.AsRefused(err); !ok || refused.Reason != test.reason || refused.Service != "inventory" || errors.As(err, &short) {
			t.Errorf("%+v: %v", test, err)
		}
	}
	if diff := cmp.Diff(before, w.service.Holdings()); diff != "" {
		t.Errorf("a refusal took something:\n%s", diff)
	}
}

func TestOutOfStock(t *testing.T) {
	w := newWorld(t)
	err := w.Reserve(t.Context(), "c:reserve", reservation("ord_c",
		inventory.ReservationLine{ID: "lin_1", ItemID: "itm_001_01", Quantity: 1},
		inventory.ReservationLine{ID: "lin_2", ItemID: "itm_001_20", Quantity: 1},
		inventory.ReservationLine{ID: "lin_3", ItemID: "itm_001_19", Quantity: 1},
		inventory.ReservationLine{ID: "lin_4", ItemID: "itm_001_19", Quantity: 1}, // one is there, two are wanted together
	))
	var short *inventory.OutOfStockError
	if !errors.As(err, &short) || short.Reason != "out_of_stock" {
		t.Fatalf("%v", err)
	}
	want := []inventory.Shortage{{ItemID: "itm_001_19", Available: 1}, {ItemID: "itm_001_20", Available: 0}}
	if diff := cmp.Diff(want, short.Shortages); diff != "" {
		t.Error(diff)
	}
	if refused, ok := fault.AsRefused(err); !ok || refused.Service != "inventory" {
		t.Errorf("no refusal in %v", err)
	}
	if held := w.service.Holdings().ByOrder; len(held) != 0 {
		t.Errorf("all or none, but %v is held", held)
	}
}

func TestAKeyForAnotherRequestIsNoRefusal(t *testing.T) {
	w := newWorld(t)
	line := inventory.ReservationLine{ID: "lin_1", ItemID: "itm_001_01", Quantity: 1}
	if err := w.Reserve(t.Context(), "one key", reservation("ord_a", line)); err != nil {
		t.Fatal(err)
	}
	err := w.Reserve(t.Context(), "one key", reservation("ord_b", line))
	if _, refused := fault.AsRefused(err); refused || !fault.Is(err, fault.ServiceUnavailable) {
		t.Errorf("%v", err)
	}
	err = w.Release(t.Context(), "one key", "ord_a")
	if _, refused := fault.AsRefused(err); refused || !fault.Is(err, fault.ServiceUnavailable) {
		t.Errorf("%v", err)
	}
}
