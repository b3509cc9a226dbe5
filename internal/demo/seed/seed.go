// Package seed invents the past of the demo: orders that the customers placed before the start, one record each from which every
// simulated service takes its part, so that all services tell the same story.
package seed

import (
	"time"

	"tiffin/internal/storefront"
)

// Order is a past order: confirmed, paid, delivered (most), under way (a few per customer), or cancelled (a few).
type Order struct {
	// ID is ord_ + Ref, Ref 26 characters of base32 in lower case, as the gateway makes them.
	ID, Ref string
	// Customer is the gateway's identity.Principal.ID: issuer URL # subject.
	Customer     string
	Number       string
	RestaurantID string
	Lines        []Line
	Charges      []Charge
	TotalMinor   int64
	PlacedAt     time.Time
	// Status is the order service's word: "confirmed", "preparing", "ready", "on_the_way", "completed", "cancelled".
	Status   string
	Timeline []Event
	Delivery Delivery
}

// Line is one dish of the order.
type Line struct {
	ID, ItemID, Title string
	Quantity          int
	Options           []Option
	Note              string
	UnitMinor         int64
}

// Option is an option that was chosen.
type Option struct {
	GroupID, OptionID, Name string
	PriceMinor              int64
}

// Charge is one part of the total; Kind is the order service's word.
type Charge struct {
	Kind, Label string
	Minor       int64
}

// Event is a status and when it was reached.
type Event struct {
	Status string
	At     time.Time
}

// Delivery is where the order went; Driver is empty for a cancelled order.
type Delivery struct {
	Address, RecipientName, RecipientPhone, Instructions string
	Coordinates                                          storefront.Coordinates
	ETA                                                  time.Time
	DriverID                                             string
}
