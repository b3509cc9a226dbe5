package inventory

import (
	"math"

	"github.com/go-json-experiment/json/jsontext"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/storefront"
)

// The service's words, which are not the storefront's.
type (
	restaurantList struct {
		Restaurants []restaurant `json:"restaurants"`
		HasMore     bool         `json:"has_more"`
	}
	restaurant struct {
		ID       string   `json:"restaurant_id"`
		Title    string   `json:"title"`
		Tags     []string `json:"cuisine_tags"`
		Address  string   `json:"street_address"`
		Geo      geo      `json:"geo"`
		Open     bool     `json:"is_open"`
		Picture  string   `json:"picture"`
		Cursor   string   `json:"cursor,omitempty"`
		Distance *int     `json:"distance_m,omitempty"`
	}
	geo struct {
		Lat float64 `json:"lat"`
		Lng float64 `json:"lng"`
	}
	menuList struct {
		Menus []menu `json:"menus"`
	}
	menu struct {
		RestaurantID string    `json:"restaurant_id"`
		Sections     []section `json:"sections"`
	}
	section struct {
		ID      string `json:"section_id"`
		Caption string `json:"caption"`
		Dishes  []item `json:"dishes"`
	}
	itemList struct {
		Items []item `json:"items"`
	}
	item struct {
		ID           string         `json:"item_id"`
		RestaurantID string         `json:"restaurant_id"`
		Title        string         `json:"title"`
		Blurb        string         `json:"blurb"`
		Price        jsontext.Value `json:"price"`
		Currency     string         `json:"currency"`
		Picture      string         `json:"picture"`
		OptionSets   []optionSet    `json:"option_sets"`
	}
	optionSet struct {
		Code    string   `json:"code"`
		Caption string   `json:"caption"`
		Min     int      `json:"min"`
		Max     int      `json:"max"`
		Choices []choice `json:"choices"`
	}
	choice struct {
		Code      string         `json:"code"`
		Caption   string         `json:"caption"`
		Surcharge jsontext.Value `json:"surcharge"`
	}
	stockList struct {
		Stock []stock `json:"stock"`
	}
	stock struct {
		ItemID string `json:"item_id"`
		OnHand int    `json:"on_hand"`
	}
	shortage struct {
		ItemID    string `json:"item_id"`
		Available int    `json:"available"`
	}
	reservationRequest struct {
		RestaurantID string            `json:"restaurant_id"`
		Lines        []reservationLine `json:"lines"`
	}
	reservationLine struct {
		ID     string `json:"line_id"`
		ItemID string `json:"item_id"`
		Qty    int    `json:"qty"`
	}
	reservation struct {
		OrderID string `json:"order_id"`
		State   string `json:"state"`
	}
)

func toRestaurant(r *catalogue.Restaurant) restaurant {
	return restaurant{
		ID: r.ID, Title: r.Name, Tags: r.Cuisines, Address: r.Address, Open: r.Open, Picture: r.ImagePath,
		Geo: geo{r.Coordinates.Latitude, r.Coordinates.Longitude},
	}
}

// toEntry is a restaurant on a page; metres is not finite where no place was asked for.
func toEntry(r *catalogue.Restaurant, metres float64) restaurant {
	entry := toRestaurant(r)
	entry.Cursor = cursorOf(r)
	if !math.IsInf(metres, 0) {
		rounded := int(math.Round(metres))
		entry.Distance = &rounded
	}
	return entry
}

func toMenu(r *catalogue.Restaurant) menu {
	m := menu{RestaurantID: r.ID}
	for _, s := range r.Sections {
		m.Sections = append(m.Sections, section{s.ID, s.Name, each(s.Items, toItem)})
	}
	return m
}

func toItem(i *catalogue.Item) item {
	return item{
		ID: i.ID, RestaurantID: i.RestaurantID, Title: i.Name, Blurb: i.Description, Picture: i.ImagePath,
		Price: number(i.PriceMinor), Currency: string(catalogue.Currency), OptionSets: each(i.Groups, toOptionSet),
	}
}

func toOptionSet(g catalogue.Group) optionSet {
	return optionSet{g.ID, g.Name, g.Minimum, g.Maximum, each(g.Options, toChoice)}
}

func toChoice(o catalogue.Option) choice { return choice{o.ID, o.Name, number(o.PriceMinor)} }

// number is an amount as a JSON number with the currency's decimals: 8.90.
func number(minor int64) jsontext.Value {
	return jsontext.Value(storefront.Money{Minor: minor, Currency: catalogue.Currency}.Amount())
}

func each[A, B any](from []A, to func(A) B) []B {
	out := make([]B, len(from))
	for n, a := range from {
		out[n] = to(a)
	}
	return out
}
