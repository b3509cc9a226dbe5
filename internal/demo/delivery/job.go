package delivery

import (
	"time"

	"tiffin/internal/storefront"
)

// status is the word of the contract.
type status string

const (
	searching status = "SEARCHING"
	assigned  status = "ASSIGNED"
	pickedUp  status = "PICKED_UP"
	delivered status = "DELIVERED"
	cancelled status = "CANCELLED"
)

// job is one order's delivery. A job that was cancelled before it was booked is a tombstone: it only remembers that.
type job struct {
	orderID string
	request assignBody
	driver  driver
	kitchen storefront.Coordinates
	// The moments that make the status: found <= pickup <= eta.
	found, pickup, eta time.Time
	cancelled          bool
}

func (j *job) booked() bool { return !j.found.IsZero() }

func (j *job) status(now time.Time) status {
	switch {
	case j.cancelled:
		return cancelled
	case now.Before(j.found):
		return searching
	case now.Before(j.pickup):
		return assigned
	case now.Before(j.eta):
		return pickedUp
	}
	return delivered
}

func (j *job) hasDriver(now time.Time) bool {
	return j.booked() && !j.cancelled && !now.Before(j.found)
}

// position is where the driver is: at the kitchen, then on the straight line to the door. False where nobody is on the way.
func (j *job) position(now time.Time) (storefront.Coordinates, bool) {
	switch j.status(now) {
	case assigned:
		return j.kitchen, true
	case pickedUp:
		done := float64(now.Sub(j.pickup)) / float64(j.eta.Sub(j.pickup))
		door := j.request.Dropoff.place().coordinates()
		return storefront.Coordinates{
			Latitude:  j.kitchen.Latitude + done*(door.Latitude-j.kitchen.Latitude),
			Longitude: j.kitchen.Longitude + done*(door.Longitude-j.kitchen.Longitude),
		}, true
	default:
		return storefront.Coordinates{}, false
	}
}

// answer is the job as the contract shows it.
func (j *job) answer(now time.Time) deliveryAnswer {
	a := deliveryAnswer{OrderID: j.orderID, Status: j.status(now), Dropoff: j.request.Dropoff}
	if !j.cancelled {
		a.ETA = j.eta
	}
	if j.hasDriver(now) {
		a.Driver = &driverAnswer{j.driver.id, j.driver.name, j.driver.phone, j.driver.vehicle}
		if a.Status == delivered {
			a.Driver.Phone = ""
		}
	}
	return a
}

// positionAnswer is nil where nobody is on the way.
func (j *job) positionAnswer(now time.Time) *positionAnswer {
	at, ok := j.position(now)
	if !ok {
		return nil
	}
	return &positionAnswer{j.orderID, at.Latitude, at.Longitude, now.UTC()}
}
