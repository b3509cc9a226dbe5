// Package delivery is the typed client of the delivery service, which finds drivers and tells where they are. It speaks JSON
// (openapi.yaml) and wants coordinates, not addresses; wire.go is the one file that knows its names.
package delivery

import (
	"io"
	"time"

	"tiffin/internal/storefront"
)

// Service is the name that this service has in configuration, errors and telemetry.
const Service = "delivery"

// Delivery is the way of an order from the kitchen to the door.
type Delivery struct {
	OrderID string
	Status  DeliveryStatus
	ETA     *time.Time
	// Driver is nil while one is looked for.
	Driver  *Driver
	Dropoff Dropoff
}

// Driver is who brings a meal. Where they are is another read.
type Driver struct {
	ID   string
	Name string
	// Phone is nil after the delivery.
	Phone   *string
	Vehicle *string
	// OrderID is the order that the driver is met through: where they are is told for it, and only until it has arrived.
	OrderID string
}

// Dropoff is where a meal goes.
type Dropoff struct {
	Address       string
	Coordinates   storefront.Coordinates
	RecipientName string
	// RecipientPhone is for the driver; clients do not read it back.
	RecipientPhone string
	Instructions   *string
}

// DeliveryStatus is the schema's enum.
type DeliveryStatus string //nolint:revive // the schema's name, by which gqlgen finds it

// The members of DeliveryStatus.
const (
	DeliveryStatusSearching DeliveryStatus = "SEARCHING"
	DeliveryStatusAssigned  DeliveryStatus = "ASSIGNED"
	DeliveryStatusPickedUp  DeliveryStatus = "PICKED_UP"
	DeliveryStatusDelivered DeliveryStatus = "DELIVERED"
	DeliveryStatusCancelled DeliveryStatus = "CANCELLED"
	DeliveryStatusUnknown   DeliveryStatus = "UNKNOWN"
)

// DeliveryStatuses lists the members.
func DeliveryStatuses() []DeliveryStatus { //nolint:revive // as the type
	return []DeliveryStatus{
		DeliveryStatusSearching, DeliveryStatusAssigned, DeliveryStatusPickedUp, DeliveryStatusDelivered, DeliveryStatusCancelled, DeliveryStatusUnknown,
	}
}

// MarshalGQL writes the member, UNKNOWN for anything else.
func (s DeliveryStatus) MarshalGQL(w io.Writer) {
	storefront.WriteEnum(w, s, DeliveryStatusUnknown, DeliveryStatuses())
}

// UnmarshalGQL refuses what is no member.
func (s *DeliveryStatus) UnmarshalGQL(v any) error {
	return storefront.ReadEnum(s, v, DeliveryStatuses())
}

// QuoteRequest asks whether and for how much a restaurant's meal can be brought to a place.
type QuoteRequest struct {
	RestaurantID string
	Dropoff      storefront.Coordinates
	// RequestedFor is nil for as soon as possible.
	RequestedFor *time.Time
}

// FeeQuote is the delivery service's word on fee and time, and until when.
type FeeQuote struct {
	ID        string
	Fee       storefront.Money
	ETA       time.Time
	ExpiresAt time.Time
}

// Assignment asks for a driver.
type Assignment struct {
	OrderID      string
	RestaurantID string
	QuoteID      string
	Dropoff      Dropoff
	RequestedFor *time.Time
}
