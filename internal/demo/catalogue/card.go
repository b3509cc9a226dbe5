package catalogue

import (
	"fmt"
	"strings"

	"tiffin/internal/storefront"
)

// card is the reading of one restaurant's card.
type card struct {
	restaurant *Restaurant
	groups     map[string]Group
	dishes     int
}

// parseCard reads a card: "Name | cuisines | address", then "# Section" and "Dish | description | price | groups".
func parseCard(number int, lines []string, groups map[string]Group) (*Restaurant, error) {
	r, err := parseHeading(number, lines[0])
	if err != nil {
		return nil, err
	}
	reading := card{restaurant: r, groups: groups}
	for n, line := range lines[1:] {
		if err := reading.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+2, err)
		}
	}
	if reading.dishes != dishCount {
		return nil, fmt.Errorf("%d dishes, want %d", reading.dishes, dishCount)
	}
	return r, nil
}

func parseHeading(number int, line string) (*Restaurant, error) {
	cells := split(line, "|")
	if len(cells) != 3 {
		return nil, fmt.Errorf("heading %q: want name, cuisines and address", line)
	}
	door, ok := FindDoor(cells[2])
	if !ok {
		return nil, fmt.Errorf("address %q: no such street", cells[2])
	}
	id := fmt.Sprintf("%s%03d", storefront.RestaurantPrefix, number)
	return &Restaurant{
		ID: id, Name: cells[0], Cuisines: split(cells[1], ","),
		Address: door.Address(), Coordinates: door.Coordinates(),
		Open: id != closedRestaurant, ImagePath: imagePath(id),
	}, nil
}

func (c *card) line(line string) error {
	r := c.restaurant
	if heading, ok := strings.CutPrefix(line, "# "); ok {
		id := fmt.Sprintf("sec_%s_%d", c.suffix(), len(r.Sections)+1)
		r.Sections = append(r.Sections, Section{ID: id, Name: heading})
		return nil
	}
	if len(r.Sections) == 0 {
		return fmt.Errorf("dish %q before the first section", line)
	}
	item, err := c.dish(line)
	if err != nil {
		return err
	}
	last := &r.Sections[len(r.Sections)-1]
	last.Items = append(last.Items, item)
	return nil
}

func (c *card) dish(line string) (*Item, error) {
	cells := split(line, "|")
	if len(cells) != 4 {
		return nil, fmt.Errorf("dish %q: want name, description, price and groups", line)
	}
	price, err := storefront.ParseMoney(cells[2], Currency)
	if err != nil {
		return nil, fmt.Errorf("price %q: %w", cells[2], err)
	}
	c.dishes++
	suffix := fmt.Sprintf("%s_%02d", c.suffix(), c.dishes)
	id := storefront.MenuItemPrefix + suffix
	groups, err := instantiate(suffix, strings.Fields(cells[3]), c.groups)
	return &Item{
		ID: id, RestaurantID: c.restaurant.ID, Name: cells[0], Description: cells[1], PriceMinor: price.Minor,
		ImagePath: imagePath(id), Groups: groups, Stock: stockOf(id),
	}, err
}

// suffix is the restaurant's number as all ids below it carry it.
func (c *card) suffix() string {
	return strings.TrimPrefix(c.restaurant.ID, storefront.RestaurantPrefix)
}

func imagePath(id string) string { return "/images/" + id + ".svg" }

// split cuts a line into trimmed cells.
func split(line, separator string) []string {
	cells := strings.Split(line, separator)
	for n := range cells {
		cells[n] = strings.TrimSpace(cells[n])
	}
	return cells
}
