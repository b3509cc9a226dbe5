package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/storefront"
)

// What a delivery costs and takes.
const (
	baseFee    = 190 // cents
	feePerKm   = 40  // cents for each kilometre, to the nearest
	speed      = 5   // metres in a second, traffic lights included
	kitchen    = 15 * time.Minute
	quoteLasts = 15 * time.Minute
	slowSearch = 2 * time.Second
)

// route is the way from a kitchen to a door.
type route struct {
	from, to storefront.Coordinates
	metres   float64
}

func newRoute(from, to storefront.Coordinates) route {
	return route{from, to, catalogue.Distance(from, to)}
}

func (r route) reachable() bool { return r.to.Valid() && r.metres <= catalogue.DeliveryRadius }

// fee depends on the distance only, so that a quote and the placement after it agree.
func (r route) fee() int64 { return baseFee + feePerKm*int64(math.Round(r.metres/1000)) }

func (r route) travel() time.Duration {
	return time.Duration(math.Ceil(r.metres/speed)) * time.Second
}

// arrival is when the meal is there: as soon as it can be, or when it is wanted if that is later.
func (r route) arrival(now, wanted time.Time) time.Time {
	soonest := now.Truncate(time.Second).Add(kitchen + r.travel())
	if wanted.After(soonest) {
		return wanted.UTC()
	}
	return soonest.UTC()
}

// quoteID is the same for the same kitchen and door: the fee that it stands for is.
func quoteID(restaurantID string, door place) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %v %v", restaurantID, door.Lat, door.Lng))
	return "dqt_" + hex.EncodeToString(sum[:10])
}

// The magic of the demo lies in places: whatever address led to them.
func isLonely(door storefront.Coordinates) bool { return isIn(catalogue.LonelyRoad, door) }
func isSlow(door storefront.Coordinates) bool   { return isIn(catalogue.SlowLane, door) }

const (
	firstDoor = 0 // an address without a number
	lastDoor  = 200
	nextToIt  = 1 // metres: nearer than the next house
)

// isIn tells whether a place is one of a special street's doors.
func isIn(name string, at storefront.Coordinates) bool {
	for _, street := range catalogue.SpecialStreets() {
		for number := firstDoor; street.Name == name && number <= lastDoor; number++ {
			if catalogue.Distance(street.Door(number).Coordinates(), at) < nextToIt {
				return true
			}
		}
	}
	return false
}
