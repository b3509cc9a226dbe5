package delivery_test

import (
	"net/http"
	"testing"
	"time"

	"tiffin/internal/demo/seed"
)

// The past tells the same story as the order service's statuses, and moves on from there.
func TestThePast(t *testing.T) {
	words := map[string]string{
		"confirmed": "ASSIGNED", "preparing": "ASSIGNED", "ready": "ASSIGNED", "on_the_way": "PICKED_UP",
		"completed": "DELIVERED", "cancelled": "CANCELLED",
	}
	past := seed.Orders(world, []string{"http://issuer#alice"}, 50, start)
	s, clock := newService(past...)
	seen := map[string]bool{}
	for _, order := range past {
		w := do(t, s, http.MethodGet, "/deliveries/"+order.ID, "", "")
		got := decode[wire](t, w)
		if got.Status != words[order.Status] {
			t.Errorf("%s is %s, its order %s", order.ID, got.Status, order.Status)
		}
		if got.Dropoff.AddressLine != order.Delivery.Address || (got.Driver == nil) != (order.Status == "cancelled") {
			t.Errorf("%s: %s", order.ID, w.Body)
		}
		if got.Driver != nil && (got.Driver.ID != order.Delivery.DriverID || (got.Driver.Phone == "") != (got.Status == "DELIVERED")) {
			t.Errorf("%s: driver %+v, want %s, without a phone after the delivery", order.ID, got.Driver, order.Delivery.DriverID)
		}
		seen[got.Status] = true
	}
	if len(seen) != 4 {
		t.Errorf("the past has only %v", seen)
	}
	clock.now = start.Add(time.Hour)
	for _, order := range past {
		if got := decode[wire](t, do(t, s, http.MethodGet, "/deliveries/"+order.ID, "", "")); got.Status != "DELIVERED" && got.Status != "CANCELLED" {
			t.Errorf("an hour later %s is %s", order.ID, got.Status)
		}
	}
	for _, a := range s.Assignments() {
		if a.Cancelled != (a.Drivers == 0) {
			t.Errorf("%+v", a)
		}
	}
}

type wire struct {
	Status string
	Driver *struct{ ID, Phone string }

	Dropoff struct {
		AddressLine string `json:"address_line"`
	}
}
