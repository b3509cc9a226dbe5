// Package catalogue is the world of the demo: 30 restaurants of an invented town with 600 dishes, their options and pictures, the
// same at each start. The simulated services that need to know a dish or a kitchen share it; it never changes.
package catalogue

import "tiffin/internal/storefront"

// Currency is that of all prices in the demo.
const Currency storefront.Currency = "EUR"

// Restaurant is a kitchen. Ids are res_001 to res_030; res_030 is always closed.
type Restaurant struct {
	ID          string
	Name        string
	Cuisines    []string
	Address     string
	Coordinates storefront.Coordinates
	Open        bool
	// ImagePath is the path of its picture on the inventory service: /images/res_001.svg.
	ImagePath string
	Sections  []Section
}

// Items are the dishes of all sections, in the order of the card.
func (r *Restaurant) Items() []*Item {
	var items []*Item
	for _, section := range r.Sections {
		items = append(items, section.Items...)
	}
	return items
}

// Section is a part of a menu.
type Section struct {
	ID, Name string
	Items    []*Item
}

// Item is a dish. Ids are itm_001_01 to itm_030_20: restaurant, dish.
type Item struct {
	ID           string
	RestaurantID string
	Name         string
	Description  string
	// PriceMinor is in cents of Currency, before options.
	PriceMinor int64
	ImagePath  string
	Groups     []Group
	// Stock is how many there are at the start: 1 000 000 for most, 0 for itm_001_20, 1 for itm_001_19.
	Stock int
}

// Group is a set of options of which Minimum to Maximum are chosen.
type Group struct {
	ID, Name         string
	Minimum, Maximum int
	Options          []Option
}

// Option is a choice in a group.
type Option struct {
	ID, Name   string
	PriceMinor int64
}

// Catalogue is the whole world, with look-ups by id. It is immutable and safe for concurrent use.
type Catalogue struct {
	Restaurants []*Restaurant
	restaurants map[string]*Restaurant
	items       map[string]*Item
}

// Restaurant finds a kitchen; nil where there is none.
func (c *Catalogue) Restaurant(id string) *Restaurant { return c.restaurants[id] }

// Item finds a dish; nil where there is none.
func (c *Catalogue) Item(id string) *Item { return c.items[id] }

// DeliveryRadius is how far every kitchen delivers, in metres as the crow flies; see [Distance].
const DeliveryRadius = 8_000
