package delivery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/delivery"
	"tiffin/fault"
	"tiffin/internal/demo/catalogue"
	"tiffin/internal/storefront"
)

func TestSlowLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		got, err := c.Assign(t.Context(), "k", assignment(t, c, "ord_slow", "1 Slow Lane"))
		if err != nil || got.Status != delivery.DeliveryStatusSearching || got.Driver != nil {
			t.Fatalf("%+v, %v", got, err)
		}
		pause(t, 1999*time.Millisecond)
		checkStatus(t, c, "ord_slow", delivery.DeliveryStatusSearching, false, false)
		pause(t, time.Millisecond)
		checkStatus(t, c, "ord_slow", delivery.DeliveryStatusAssigned, true, true)
	})
}

// A delivery's life, and its end at the door: no phone, no position.
func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		got, err := c.Assign(t.Context(), "k", assignment(t, c, "ord_one", "100 Almond Avenue"))
		if err != nil {
			t.Fatal(err)
		}
		home := got.Dropoff.Coordinates
		atKitchen := checkStatus(t, c, "ord_one", delivery.DeliveryStatusAssigned, true, true)
		pause(t, time.Until(*got.ETA)-time.Minute)
		nearHome := checkStatus(t, c, "ord_one", delivery.DeliveryStatusPickedUp, true, true)
		if catalogue.Distance(*nearHome, home) >= catalogue.Distance(*atKitchen, home) || catalogue.Distance(*nearHome, home) > 500 {
			t.Errorf("the driver went from %v to %v on the way to %v", atKitchen, nearHome, home)
		}
		pause(t, time.Minute)
		checkStatus(t, c, "ord_one", delivery.DeliveryStatusDelivered, true, false)
	})
}

func TestCancel(t *testing.T) {
	c := newClient(t)
	a := assignment(t, c, "ord_one", "12 Curry Lane")
	if _, err := c.Assign(t.Context(), "k", a); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"c", "c", "another"} {
		if err := c.Cancel(t.Context(), key, a.OrderID); err != nil {
			t.Error(err)
		}
	}
	checkStatus(t, c, a.OrderID, delivery.DeliveryStatusCancelled, false, false)
	if _, err := c.Assign(t.Context(), "k2", a); !isRefused(err, "cancelled") {
		t.Errorf("a late assignment: %v", err)
	}
}

func isRefused(err error, reason string) bool {
	refused, ok := fault.AsRefused(err)
	return ok && refused.Reason == reason
}

// checkStatus reads an order's delivery and position, and returns the position.
func checkStatus(t *testing.T, c *delivery.Client, orderID string, want delivery.DeliveryStatus, driver, phone bool) *storefront.Coordinates {
	t.Helper()
	read, err := c.ByOrders(t.Context(), []string{orderID})
	if err != nil || read[orderID] == nil {
		t.Fatalf("%v, %v", read, err)
	}
	d := read[orderID]
	if d.Status != want || (d.Driver != nil) != driver || (driver && (d.Driver.Phone != nil) != phone) {
		t.Errorf("status %s, driver %+v; want %s, a driver: %t, their phone: %t", d.Status, d.Driver, want, driver, phone)
	}
	at, err := c.Positions(t.Context(), []string{orderID})
	if err != nil || (at[orderID] != nil) != phone { // whoever can be called can be seen
		t.Errorf("positions %v, %v", at, err)
	}
	return at[orderID]
}
