package delivery

import (
	"time"

	"tiffin/internal/demo/seed"
)

// leastWay is how long a driver of a past order is on the way at least.
const leastWay = 10 * time.Minute

// pastJob is the delivery of an order from before the start, at the point that the order service tells of.
func (s *Service) pastJob(order seed.Order) *job {
	start := s.now()
	j := &job{
		orderID: order.ID, request: pastRequest(order), driver: driverByID(order.Delivery.DriverID, order.ID),
		found: order.PlacedAt, pickup: order.PlacedAt, eta: order.Delivery.ETA.UTC(), cancelled: order.Status == "cancelled",
	}
	if r := s.catalogue.Restaurant(order.RestaurantID); r != nil {
		j.kitchen = r.Coordinates
	}
	switch order.Status {
	case "completed", "cancelled":
		j.eta = earlier(j.eta, start)
	case "on_the_way":
		j.eta = later(j.eta, start.Add(leastWay))
	default: // still in the kitchen
		j.eta = later(j.eta, start.Add(kitchen))
		j.pickup = j.eta.Add(-leastWay)
	}
	return j
}

func pastRequest(order seed.Order) assignBody {
	d := order.Delivery
	door := placeOf(d.Coordinates)
	return assignBody{
		QuoteID: quoteID(order.RestaurantID, door), RestaurantID: order.RestaurantID,
		Dropoff: dropoff{door.Lat, door.Lng, d.Address, d.RecipientName, d.RecipientPhone, d.Instructions},
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
