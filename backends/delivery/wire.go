package delivery

import (
	"errors"
	"slices"
	"time"

	"tiffin/internal/storefront"
)

// The shapes of openapi.yaml. Members that the contract requires are checked after decoding: a missing one must not become a zero.

var errIncomplete = errors.New("the answer lacks a member that the contract requires")

type wirePlace struct {
	Lat *float64 `json:"lat"`
	Lng *float64 `json:"lng"`
}

func placeOut(c storefront.Coordinates) wirePlace { return wirePlace{&c.Latitude, &c.Longitude} }

func (p wirePlace) coordinates() (storefront.Coordinates, error) {
	if p.Lat == nil || p.Lng == nil {
		return storefront.Coordinates{}, errIncomplete
	}
	c := storefront.Coordinates{Latitude: *p.Lat, Longitude: *p.Lng}
	if !c.Valid() {
		return storefront.Coordinates{}, errors.New("the coordinates are out of range")
	}
	return c, nil
}

type wireQuoteRequest struct {
	RestaurantID string     `json:"restaurant_id"`
	Dropoff      wirePlace  `json:"dropoff"`
	RequestedFor *time.Time `json:"requested_for,omitzero"`
}

type wireQuote struct {
	QuoteID    string    `json:"quote_id"`
	FeeMinor   *int64    `json:"fee_minor"`
	Currency   string    `json:"currency"`
	ETA        time.Time `json:"eta"`
	ValidUntil time.Time `json:"valid_until"`
}

func (q wireQuote) quote() (FeeQuote, error) {
	if q.QuoteID == "" || q.FeeMinor == nil || q.ETA.IsZero() || q.ValidUntil.IsZero() {
		return FeeQuote{}, errIncomplete
	}
	fee := storefront.Money{Minor: *q.FeeMinor, Currency: storefront.Currency(q.Currency)}
	if !fee.Currency.Valid() || fee.Minor < 0 {
		return FeeQuote{}, errors.New("the fee is no amount of money")
	}
	return FeeQuote{ID: q.QuoteID, Fee: fee, ETA: q.ETA.UTC(), ExpiresAt: q.ValidUntil.UTC()}, nil
}

type wireDropoff struct {
	wirePlace

	AddressLine  string  `json:"address_line"`
	ContactName  string  `json:"contact_name"`
	ContactPhone string  `json:"contact_phone,omitzero"`
	Notes        *string `json:"notes,omitzero"`
}

func dropoffOut(d Dropoff) wireDropoff {
	return wireDropoff{placeOut(d.Coordinates), d.Address, d.RecipientName, d.RecipientPhone, d.Instructions}
}

func (d wireDropoff) dropoff() (Dropoff, error) {
	at, err := d.coordinates()
	if err == nil && (d.AddressLine == "" || d.ContactName == "") {
		err = errIncomplete
	}
	return Dropoff{d.AddressLine, at, d.ContactName, d.ContactPhone, d.Notes}, err
}

type wireAssignment struct {
	QuoteID      string      `json:"quote_id"`
	RestaurantID string      `json:"restaurant_id"`
	Dropoff      wireDropoff `json:"dropoff"`
	RequestedFor *time.Time  `json:"requested_for,omitzero"`
}

type wireDelivery struct {
	OrderID string      `json:"order_id"`
	Status  string      `json:"status"`
	ETA     *time.Time  `json:"eta"`
	Driver  *wireDriver `json:"driver"`
	Dropoff wireDropoff `json:"dropoff"`
}

func (d wireDelivery) delivery() (*Delivery, error) {
	if d.OrderID == "" || d.Status == "" {
		return nil, errIncomplete
	}
	dropoff, err := d.Dropoff.dropoff()
	if err != nil {
		return nil, err
	}
	driver, err := d.Driver.driver(d.OrderID)
	return &Delivery{d.OrderID, statusOf(d.Status), utc(d.ETA), driver, dropoff}, err
}

// statusOf takes the service's words as they are; one that is new to us is UNKNOWN.
func statusOf(word string) DeliveryStatus {
	if status := DeliveryStatus(word); slices.Contains(DeliveryStatuses(), status) {
		return status
	}
	return DeliveryStatusUnknown
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

type wireDriver struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Phone   *string `json:"phone"`
	Vehicle *string `json:"vehicle"`
}

// driver is nil where d is.
func (d *wireDriver) driver(orderID string) (*Driver, error) {
	if d == nil {
		return nil, nil //nolint:nilnil // no driver yet is no error
	}
	if d.ID == "" || d.Name == "" {
		return nil, errIncomplete
	}
	return &Driver{d.ID, d.Name, d.Phone, d.Vehicle, orderID}, nil
}

type wireDeliveries struct {
	Deliveries *[]wireDelivery `json:"deliveries"`
}

type wirePosition struct {
	wirePlace

	OrderID string `json:"order_id"`
}

type wirePositions struct {
	Positions *[]wirePosition `json:"positions"`
}
