// Package inventory is the typed client of the inventory service: restaurants, menus and stock. It speaks JSON (openapi.yaml) with
// prices as JSON numbers, which never pass through a float; wire.go is the one file that knows its names.
package inventory

import "tiffin/internal/storefront"

// Service is the name that this service has in configuration, errors and telemetry.
const Service = "inventory"

// Restaurant is a kitchen that can be ordered from. Its menu is another read.
type Restaurant struct {
	ID          string
	Name        string
	Cuisines    []string
	Address     string
	Coordinates storefront.Coordinates
	Open        bool
	ImageURL    *string
}

// IsNode marks Restaurant as a storefront.Node.
func (Restaurant) IsNode() {}

// GetID gives the restaurant's id, which begins with res_.
func (r Restaurant) GetID() string { return r.ID }

// RestaurantConnection is a page of restaurants.
type RestaurantConnection struct {
	Edges    []RestaurantEdge
	PageInfo storefront.PageInfo
}

// RestaurantEdge is a restaurant in a page.
type RestaurantEdge struct {
	Cursor string
	Node   Restaurant
	// DistanceMetres is nil where no place was asked for.
	DistanceMetres *int32
}

// RestaurantQuery asks for a page of restaurants.
type RestaurantQuery struct {
	// Near puts the nearest first and leaves out those that do not deliver there; nil orders by name.
	Near *storefront.Coordinates
	// Search is at most 100 characters; empty for all.
	Search string
	// First is 1 to 100.
	First int
	// After is an EndCursor of a page with the same Near and Search; empty for the first page.
	After string
}

// Menu is what a restaurant offers.
type Menu struct{ Sections []MenuSection }

// MenuSection is a part of a menu.
type MenuSection struct {
	ID    string
	Name  string
	Items []MenuItem
}

// MenuItem is a dish on a menu. Its stock is another read, for it changes by the second while the dish does not.
type MenuItem struct {
	ID           string
	RestaurantID string
	Name         string
	Description  *string
	Price        storefront.Money
	ImageURL     *string
	OptionGroups []OptionGroup
}

// IsNode marks MenuItem as a storefront.Node.
func (MenuItem) IsNode() {}

// GetID gives the dish's id, which begins with itm_.
func (i MenuItem) GetID() string { return i.ID }

// OptionGroup is a set of options of which Minimum to Maximum are chosen.
type OptionGroup struct {
	ID      string
	Name    string
	Minimum int32
	Maximum int32
	Options []MenuOption
}

// MenuOption is a choice in an option group.
type MenuOption struct {
	ID    string
	Name  string
	Price storefront.Money
}

// Reservation is stock to be held for an order.
type Reservation struct {
	OrderID      string
	RestaurantID string
	Lines        []ReservationLine
}

// ReservationLine is a dish and how many of it; ID is the order line's.
type ReservationLine struct {
	ID       string
	ItemID   string
	Quantity int32
}

// Shortage is a dish of which too few are left.
type Shortage struct {
	ItemID    string
	Available int32
}
