package inventory

import (
	"fmt"
	"strings"

	"tiffin/backends/rest"
	"tiffin/fault"
	"tiffin/internal/storefront"
)

// What openapi.yaml calls things. A pointer is a member that must be there and whose zero value means something.
type (
	wireRestaurants struct {
		Restaurants *[]wireRestaurant `json:"restaurants"`
		HasMore     bool              `json:"has_more"`
	}
	wireRestaurant struct {
		ID       string   `json:"restaurant_id"`
		Title    string   `json:"title"`
		Tags     []string `json:"cuisine_tags"`
		Address  string   `json:"street_address"`
		Geo      *wireGeo `json:"geo"`
		Open     *bool    `json:"is_open"`
		Picture  string   `json:"picture"`
		Cursor   string   `json:"cursor"`
		Distance *int32   `json:"distance_m"`
	}
	wireGeo struct {
		Lat *float64 `json:"lat"`
		Lng *float64 `json:"lng"`
	}
	wireMenus struct {
		Menus *[]wireMenu `json:"menus"`
	}
	wireMenu struct {
		RestaurantID string         `json:"restaurant_id"`
		Sections     *[]wireSection `json:"sections"`
	}
	wireSection struct {
		ID      string      `json:"section_id"`
		Caption string      `json:"caption"`
		Dishes  *[]wireItem `json:"dishes"`
	}
	wireItems struct {
		Items *[]wireItem `json:"items"`
	}
	wireItem struct {
		ID           string              `json:"item_id"`
		RestaurantID string              `json:"restaurant_id"`
		Title        string              `json:"title"`
		Blurb        string              `json:"blurb"`
		Price        rest.Decimal        `json:"price"`
		Currency     storefront.Currency `json:"currency"`
		Picture      string              `json:"picture"`
		OptionSets   []wireOptionSet     `json:"option_sets"`
	}
	wireOptionSet struct {
		Code    string       `json:"code"`
		Caption string       `json:"caption"`
		Min     *int32       `json:"min"`
		Max     *int32       `json:"max"`
		Choices []wireChoice `json:"choices"`
	}
	wireChoice struct {
		Code      string       `json:"code"`
		Caption   string       `json:"caption"`
		Surcharge rest.Decimal `json:"surcharge"`
	}
	wireStock struct {
		Stock *[]wireOnHand `json:"stock"`
	}
	wireOnHand struct {
		ItemID string `json:"item_id"`
		OnHand *int32 `json:"on_hand"`
	}
	wireShortages struct {
		Shortages []wireShortage `json:"shortages"`
	}
	wireShortage struct {
		ItemID    string `json:"item_id"`
		Available *int32 `json:"available"`
	}
	wireReservation struct {
		RestaurantID string                `json:"restaurant_id"`
		Lines        []wireReservationLine `json:"lines"`
	}
	wireReserved struct {
		OrderID string `json:"order_id"`
		State   string `json:"state"`
	}
	wireReservationLine struct {
		ID     string `json:"line_id"`
		ItemID string `json:"item_id"`
		Qty    int32  `json:"qty"`
	}
)

const reasonOutOfStock = "out_of_stock"

// The states of a reservation.
const (
	stateHeld     = "held"
	stateReleased = "released"
)

// assets is where the gateway serves this service's pictures.
const assets = "/assets/" + Service

// broken reports an answer that lacks what the contract promises.
func broken(format string, args ...any) error {
	return fault.Broken(Service, fmt.Errorf(format, args...))
}

func (w wireRestaurants) byID() (map[string]*Restaurant, error) {
	if w.Restaurants == nil {
		return nil, broken("no restaurants in the answer")
	}
	return index(*w.Restaurants, wireRestaurant.restaurant, func(r *Restaurant) string { return r.ID })
}

// connection is the page that the query asked for.
func (w wireRestaurants) connection(query RestaurantQuery) (*RestaurantConnection, error) {
	if w.Restaurants == nil {
		return nil, broken("no restaurants in the answer")
	}
	page := &RestaurantConnection{Edges: make([]RestaurantEdge, 0, len(*w.Restaurants))}
	for _, entry := range *w.Restaurants {
		restaurant, err := entry.restaurant()
		if err != nil {
			return nil, err
		}
		if entry.Cursor == "" {
			return nil, broken("restaurant %s has no cursor", entry.ID)
		}
		cursor := storefront.SealCursor(query.filter(), entry.Cursor)
		page.Edges = append(page.Edges, RestaurantEdge{Cursor: cursor, Node: *restaurant, DistanceMetres: entry.Distance})
	}
	page.PageInfo = storefront.PageInfo{HasNextPage: w.HasMore, HasPreviousPage: query.After != ""}
	if n := len(page.Edges); n > 0 {
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &page.Edges[0].Cursor, &page.Edges[n-1].Cursor
	}
	return page, nil
}

func (w wireRestaurant) restaurant() (*Restaurant, error) {
	if w.ID == "" || w.Title == "" || w.Address == "" || w.Open == nil || w.Geo == nil || w.Geo.Lat == nil || w.Geo.Lng == nil {
		return nil, broken("restaurant %q lacks a member that the contract requires", w.ID)
	}
	place := storefront.Coordinates{Latitude: *w.Geo.Lat, Longitude: *w.Geo.Lng}
	if !place.Valid() {
		return nil, broken("restaurant %q is nowhere on earth: %v", w.ID, place)
	}
	return &Restaurant{
		ID: w.ID, Name: w.Title, Cuisines: append([]string{}, w.Tags...), Address: w.Address,
		Coordinates: place, Open: *w.Open, ImageURL: imageURL(w.Picture),
	}, nil
}

func (w wireMenus) byRestaurant() (map[string]*Menu, error) {
	if w.Menus == nil {
		return nil, broken("no menus in the answer")
	}
	menus := make(map[string]*Menu, len(*w.Menus))
	for _, wire := range *w.Menus {
		if wire.RestaurantID == "" || wire.Sections == nil {
			return nil, broken("menu of restaurant %q lacks a member that the contract requires", wire.RestaurantID)
		}
		sections, err := each(*wire.Sections, wireSection.section)
		if err != nil {
			return nil, err
		}
		menus[wire.RestaurantID] = &Menu{Sections: sections}
	}
	return menus, nil
}

func (w wireSection) section() (MenuSection, error) {
	if w.ID == "" || w.Caption == "" || w.Dishes == nil {
		return MenuSection{}, broken("section %q lacks a member that the contract requires", w.ID)
	}
	items, err := each(*w.Dishes, func(dish wireItem) (MenuItem, error) {
		item, err := dish.item()
		if err != nil {
			return MenuItem{}, err
		}
		return *item, nil
	})
	return MenuSection{ID: w.ID, Name: w.Caption, Items: items}, err
}

func (w wireItems) byID() (map[string]*MenuItem, error) {
	if w.Items == nil {
		return nil, broken("no items in the answer")
	}
	return index(*w.Items, wireItem.item, func(i *MenuItem) string { return i.ID })
}

func (w wireItem) item() (*MenuItem, error) {
	if w.ID == "" || w.RestaurantID == "" || w.Title == "" {
		return nil, broken("item %q lacks a member that the contract requires", w.ID)
	}
	price, err := w.money(w.Price)
	if err != nil {
		return nil, err
	}
	groups, err := each(w.OptionSets, w.optionGroup)
	if err != nil {
		return nil, err
	}
	item := &MenuItem{ID: w.ID, RestaurantID: w.RestaurantID, Name: w.Title, Price: price, ImageURL: imageURL(w.Picture), OptionGroups: groups}
	if w.Blurb != "" {
		item.Description = &w.Blurb
	}
	return item, nil
}

func (w wireItem) optionGroup(set wireOptionSet) (OptionGroup, error) {
	if set.Code == "" || set.Caption == "" || set.Min == nil || set.Max == nil {
		return OptionGroup{}, broken("option set %q of item %q lacks a member that the contract requires", set.Code, w.ID)
	}
	options, err := each(set.Choices, func(choice wireChoice) (MenuOption, error) {
		price, err := w.money(choice.Surcharge)
		if err == nil && (choice.Code == "" || choice.Caption == "") {
			err = broken("choice %q of item %q lacks a member that the contract requires", choice.Code, w.ID)
		}
		return MenuOption{ID: choice.Code, Name: choice.Caption, Price: price}, err
	})
	return OptionGroup{ID: set.Code, Name: set.Caption, Minimum: *set.Min, Maximum: *set.Max, Options: options}, err
}

// money reads an amount in the item's currency, exactly as it was written.
func (w wireItem) money(amount rest.Decimal) (storefront.Money, error) {
	money, err := storefront.ParseMoney(string(amount), w.Currency)
	if err != nil {
		return storefront.Money{}, broken("item %q: amount %q %q: %w", w.ID, amount, w.Currency, err)
	}
	return money, nil
}

func (w wireStock) byItem() (map[string]*int32, error) {
	if w.Stock == nil {
		return nil, broken("no stock in the answer")
	}
	stock := make(map[string]*int32, len(*w.Stock))
	for _, entry := range *w.Stock {
		if entry.ItemID == "" || entry.OnHand == nil || *entry.OnHand < 0 {
			return nil, broken("stock of item %q is missing or negative", entry.ItemID)
		}
		stock[entry.ItemID] = entry.OnHand
	}
	return stock, nil
}

func (w wireShortages) shortages() ([]Shortage, error) {
	if len(w.Shortages) == 0 {
		return nil, broken("out of stock, but of nothing")
	}
	return each(w.Shortages, func(s wireShortage) (Shortage, error) {
		if s.ItemID == "" || s.Available == nil {
			return Shortage{}, broken("a shortage of %q lacks a member that the contract requires", s.ItemID)
		}
		return Shortage{ItemID: s.ItemID, Available: *s.Available}, nil
	})
}

func toWireReservation(r Reservation) wireReservation {
	wire := wireReservation{RestaurantID: r.RestaurantID}
	for _, line := range r.Lines {
		wire.Lines = append(wire.Lines, wireReservationLine{ID: line.ID, ItemID: line.ItemID, Qty: line.Quantity})
	}
	return wire
}

// is wants the answer to say that the order is in a state. A status alone proves nothing: whatever lies on the way can say 200.
func (r wireReserved) is(orderID, state string) error {
	if r.OrderID != orderID || r.State != state {
		return broken("a reservation that is not said to be %s", state)
	}
	return nil
}

// imageURL is where the gateway serves a picture; nil for none, and for one that is not a plain path on the service.
func imageURL(picture string) *string {
	if !strings.HasPrefix(picture, "/") || strings.HasPrefix(picture, "//") || strings.Contains(picture, "..") {
		return nil
	}
	url := assets + picture
	return &url
}

// each converts a list; never nil, so that GraphQL's lists are not either.
func each[A, B any](from []A, to func(A) (B, error)) ([]B, error) {
	out := make([]B, 0, len(from))
	for _, a := range from {
		b, err := to(a)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// index converts a list and keeps it by id.
func index[A, B any](from []A, to func(A) (*B, error), id func(*B) string) (map[string]*B, error) {
	out := make(map[string]*B, len(from))
	for _, a := range from {
		b, err := to(a)
		if err != nil {
			return nil, err
		}
		out[id(b)] = b
	}
	return out, nil
}
