package delivery_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/backends/delivery"
	"tiffin/fault"
	"tiffin/internal/demo/catalogue"
	simulated "tiffin/internal/demo/delivery"
	"tiffin/internal/demo/stage"
	"tiffin/internal/storefront"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const kitchen = "res_001"

// newClient is a client over the simulated service; both are held to the contract.
func newClient(t *testing.T) *delivery.Client {
	t.Helper()
	service := simulated.New(simulated.Config{Catalogue: catalogue.New(), Now: time.Now})
	return clientOf(t, contract.Handler(t, "openapi.yaml", service.Handler()))
}

func clientOf(t *testing.T, handler http.Handler) *delivery.Client {
	t.Helper()
	return delivery.New(testkit.Start(t, map[string]http.Handler{delivery.Service: handler}).Transport())
}

// door finds a house by its address.
func door(t *testing.T, address string) storefront.Coordinates {
	t.Helper()
	found, ok := catalogue.FindDoor(address)
	if !ok {
		t.Fatalf("no such door: %s", address)
	}
	return found.Coordinates()
}

// assignment is a quoted one.
func assignment(t *testing.T, c *delivery.Client, orderID, address string) delivery.Assignment {
	t.Helper()
	quote, err := c.Quote(t.Context(), delivery.QuoteRequest{RestaurantID: kitchen, Dropoff: door(t, address)})
	if err != nil {
		t.Fatal(err)
	}
	return delivery.Assignment{
		OrderID: orderID, RestaurantID: kitchen, QuoteID: quote.ID,
		Dropoff: delivery.Dropoff{
			Address: address, Coordinates: door(t, address), RecipientName: "Alice", RecipientPhone: "+44 7700 900001",
			Instructions: new("Ring twice"),
		},
	}
}

// pause moves the bubble's clock.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	if err := stage.Pause(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestQuote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		request := delivery.QuoteRequest{RestaurantID: kitchen, Dropoff: door(t, "12 Curry Lane")}
		quote, err := c.Quote(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if quote.Fee.Currency != "EUR" || quote.Fee.Minor <= 0 || quote.ID == "" {
			t.Errorf("quote %+v", quote)
		}
		if !quote.ETA.After(time.Now()) || quote.ExpiresAt != time.Now().Add(15*time.Minute).UTC() {
			t.Errorf("eta %v, expires %v, now %v", quote.ETA, quote.ExpiresAt, time.Now())
		}
		pause(t, time.Minute)
		again, err := c.Quote(t.Context(), request)
		if err != nil || again.ID != quote.ID || again.Fee != quote.Fee {
			t.Errorf("the same place a minute later: %+v, %v; before %+v", again, err, quote)
		}
		tomorrow := time.Now().Add(24 * time.Hour)
		request.RequestedFor = &tomorrow
		if later, err := c.Quote(t.Context(), request); err != nil || !later.ETA.Equal(tomorrow) || later.Fee != quote.Fee {
			t.Errorf("for tomorrow: %+v, %v", later, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	quote := func(restaurantID, address string) func(*testing.T, *delivery.Client) error {
		return func(t *testing.T, c *delivery.Client) error {
			_, err := c.Quote(t.Context(), delivery.QuoteRequest{RestaurantID: restaurantID, Dropoff: door(t, address)})
			return err
		}
	}
	assign := func(change func(t *testing.T, a *delivery.Assignment)) func(*testing.T, *delivery.Client) error {
		return func(t *testing.T, c *delivery.Client) error {
			first := assignment(t, c, "ord_taken", "12 Curry Lane")
			if _, err := c.Assign(t.Context(), "first", first); err != nil {
				t.Fatal(err)
			}
			if err := c.Cancel(t.Context(), "cancel", "ord_gone"); err != nil {
				t.Fatal(err)
			}
			a := assignment(t, c, "ord_new", "12 Curry Lane")
			change(t, &a)
			_, err := c.Assign(t.Context(), "second", a)
			return err
		}
	}
	for _, tc := range []struct {
		name   string
		call   func(*testing.T, *delivery.Client) error
		reason string
		typed  error
	}{
		{"quote outside the area", quote(kitchen, "1 Far Island"), "outside_area", new(delivery.OutsideAreaError)},
		{"quote of no kitchen", quote("res_999", "12 Curry Lane"), "unknown_restaurant", nil},
		{"assign where no driver goes", assign(func(t *testing.T, a *delivery.Assignment) {
			*a = assignment(t, newClient(t), "ord_new", "1 Lonely Road")
		}), "no_driver", new(delivery.NoDriverError)},
		{"assign outside the area", assign(func(t *testing.T, a *delivery.Assignment) {
			a.Dropoff.Coordinates = door(t, "1 Far Island")
		}), "outside_area", new(delivery.OutsideAreaError)},
		{"assign from no kitchen", assign(func(_ *testing.T, a *delivery.Assignment) {
			a.RestaurantID = "res_999"
		}), "unknown_restaurant", nil},
		{"assign after cancel", assign(func(_ *testing.T, a *delivery.Assignment) { a.OrderID = "ord_gone" }), "cancelled", nil},
		{"assign otherwise", assign(func(_ *testing.T, a *delivery.Assignment) {
			a.OrderID, a.Dropoff.RecipientName = "ord_taken", "Bob"
		}), "already_assigned", nil},
		{"assign by another quote", assign(func(t *testing.T, a *delivery.Assignment) {
			a.Dropoff.Coordinates = door(t, "1 Mint Street")
		}), "quote_mismatch", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.call(t, newClient(t))
			refused, ok := fault.AsRefused(err)
			if !ok || refused.Reason != tc.reason || refused.Service != "delivery" || refused.Detail == "" {
				t.Fatalf("%v (%+v), want a refusal %s", err, refused, tc.reason)
			}
			if typed := typeOf(err); fmt.Sprintf("%T", typed) != fmt.Sprintf("%T", tc.typed) {
				t.Errorf("%T, want %T", typed, tc.typed)
			}
		})
	}
}

// typeOf is the refusal that has a type of its own in err's chain, if there is one.
func typeOf(err error) error {
	if outside := new(delivery.OutsideAreaError); errors.As(err, &outside) {
		return outside
	}
	if none := new(delivery.NoDriverError); errors.As(err, &none) {
		return none
	}
	return nil
}

func TestAssignIsReadBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		a := assignment(t, c, "ord_one", "12 Curry Lane")
		got, err := c.Assign(t.Context(), "k", a)
		if err != nil {
			t.Fatal(err)
		}
		if got.OrderID != a.OrderID || got.Status != delivery.DeliveryStatusAssigned || got.ETA == nil || got.Driver == nil {
			t.Fatalf("%+v", got)
		}
		if diff := cmp.Diff(a.Dropoff, got.Dropoff); diff != "" {
			t.Error(diff)
		}
		if d := got.Driver; d.OrderID != a.OrderID || d.ID == "" || d.Name == "" || d.Phone == nil || d.Vehicle == nil {
			t.Errorf("driver %+v", d)
		}
		read, err := c.ByOrders(t.Context(), []string{"ord_other", a.OrderID})
		if diff := cmp.Diff(map[string]*delivery.Delivery{a.OrderID: &got}, read); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
}

func TestAssignIsIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		a := assignment(t, c, "ord_one", "12 Curry Lane")
		a.RequestedFor = new(time.Now().Add(5 * time.Hour).In(time.FixedZone("", 3600)))
		first, err := c.Assign(t.Context(), "k", a)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"k", "another"} {
			again, err := c.Assign(t.Context(), key, a)
			if diff := cmp.Diff(first, again); diff != "" || err != nil {
				t.Error(key, err, diff)
			}
		}
		a.Dropoff.RecipientName = "Bob"
		_, err = c.Assign(t.Context(), "k", a)
		if _, refused := fault.AsRefused(err); refused || !fault.Is(err, fault.ServiceUnavailable) {
			t.Errorf("a key for another request: %v, want a breach of contract and no refusal", err)
		}
	})
}

func TestBulkReadsComeInHundreds(t *testing.T) {
	c := newClient(t)
	var ids []string
	a := assignment(t, c, "", "12 Curry Lane")
	for n := range 205 {
		a.OrderID = fmt.Sprintf("ord_%03d", n)
		ids = append(ids, a.OrderID)
		if _, err := c.Assign(t.Context(), a.OrderID, a); err != nil {
			t.Fatal(err)
		}
	}
	deliveries, err := c.ByOrders(t.Context(), ids)
	if err != nil || !slices.Equal(slices.Sorted(maps.Keys(deliveries)), ids) {
		t.Errorf("%d deliveries, %v", len(deliveries), err)
	}
	positions, err := c.Positions(t.Context(), ids)
	if err != nil || !slices.Equal(slices.Sorted(maps.Keys(positions)), ids) {
		t.Errorf("%d positions, %v", len(positions), err)
	}
}

func TestNothingIsAskedForNobody(t *testing.T) {
	c := clientOf(t, http.NotFoundHandler())
	if got, err := c.ByOrders(t.Context(), nil); len(got) != 0 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := c.Positions(t.Context(), nil); len(got) != 0 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// Under each fault that leaves the outcome open, a repeat with the same key ends with one delivery.
func TestUnknownIsNotNo(t *testing.T) {
	for _, kind := range []stage.Kind{stage.Status, stage.Reset, stage.LostAnswer, stage.Truncate, stage.Garbage} {
		t.Run(string(kind), func(t *testing.T) {
			service := simulated.New(simulated.Config{Catalogue: catalogue.New(), Now: time.Now})
			faults := stage.NewFaults(map[string]int{"delivery": 1})
			c := clientOf(t, stage.Instance(stage.InstanceConfig{
				Service: "delivery", Handler: service.Handler(), Faults: faults,
			}))
			a := assignment(t, c, "ord_one", "12 Curry Lane")
			if _, err := faults.Add(stage.Fault{Service: "delivery", Kind: kind, Rate: 1}); err != nil {
				t.Fatal(err)
			}
			_, err := c.Assign(t.Context(), "k", a)
			if _, refused := fault.AsRefused(err); refused || !fault.Is(err, fault.ServiceUnavailable) {
				t.Errorf("under the fault: %v", err)
			}
			faults.Clear()
			if got, err := c.Assign(t.Context(), "k", a); err != nil || got.Driver == nil {
				t.Errorf("after it: %+v, %v", got, err)
			}
			want := []simulated.Assignment{{OrderID: "ord_one", Drivers: 1}}
			if diff := cmp.Diff(want, service.Assignments()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
