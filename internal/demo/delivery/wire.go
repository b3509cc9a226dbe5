package delivery

import (
	"time"

	"tiffin/internal/storefront"
)

// place is a point on the map.
type place struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

func placeOf(c storefront.Coordinates) place { return place{c.Latitude, c.Longitude} }

func (p place) coordinates() storefront.Coordinates {
	return storefront.Coordinates{Latitude: p.Lat, Longitude: p.Lng}
}

type quoteBody struct {
	RestaurantID string    `json:"restaurant_id"`
	Dropoff      place     `json:"dropoff"`
	RequestedFor time.Time `json:"requested_for,omitzero"`
}

type quoteAnswer struct {
	QuoteID    string    `json:"quote_id"`
	FeeMinor   int64     `json:"fee_minor"`
	Currency   string    `json:"currency"`
	ETA        time.Time `json:"eta"`
	ValidUntil time.Time `json:"valid_until"`
}

type dropoff struct {
	Lat          float64 `json:"lat"`
	Lng          float64 `json:"lng"`
	AddressLine  string  `json:"address_line"`
	ContactName  string  `json:"contact_name"`
	ContactPhone string  `json:"contact_phone,omitzero"`
	Notes        string  `json:"notes,omitzero"`
}

func (d dropoff) place() place { return place{d.Lat, d.Lng} }

// assignBody is comparable: a repeat under another key must be the same.
type assignBody struct {
	QuoteID      string    `json:"quote_id"`
	RestaurantID string    `json:"restaurant_id"`
	Dropoff      dropoff   `json:"dropoff"`
	RequestedFor time.Time `json:"requested_for,omitzero"`
}

type deliveryAnswer struct {
	OrderID string        `json:"order_id"`
	Status  status        `json:"status"`
	ETA     time.Time     `json:"eta,omitzero"`
	Driver  *driverAnswer `json:"driver,omitzero"`
	Dropoff dropoff       `json:"dropoff"`
}

type driverAnswer struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Phone   string `json:"phone,omitzero"`
	Vehicle string `json:"vehicle"`
}

type positionAnswer struct {
	OrderID string    `json:"order_id"`
	Lat     float64   `json:"lat"`
	Lng     float64   `json:"lng"`
	At      time.Time `json:"at"`
}
