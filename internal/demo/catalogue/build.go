package catalogue

import (
	"embed"
	"fmt"
	"strings"
)

// The cards are what an owner would print: a heading, sections, dishes; groups.txt has the option groups that dishes share.
//
//go:embed cards/*.txt groups.txt
var texts embed.FS

// The dimensions of the world; ids have as many digits as these need.
const (
	restaurantCount = 30
	dishCount       = 20
)

// The magic dishes and the magic kitchen of the demo.
const (
	soldOutItem      = "itm_001_20"
	lastOneItem      = "itm_001_19"
	closedRestaurant = "res_030"

	// plenty is a stock that no test empties.
	plenty = 1_000_000
)

// New builds the catalogue from the embedded cards. They are part of the program, so a mistake in them panics.
func New() *Catalogue {
	groups, err := parseGroups(read("groups.txt"))
	if err != nil {
		panic(err)
	}
	c := &Catalogue{restaurants: map[string]*Restaurant{}, items: map[string]*Item{}}
	for number := 1; number <= restaurantCount; number++ {
		file := fmt.Sprintf("cards/res_%03d.txt", number)
		r, err := parseCard(number, read(file), groups)
		if err != nil {
			panic(fmt.Errorf("%s: %w", file, err))
		}
		c.add(r)
	}
	return c
}

func (c *Catalogue) add(r *Restaurant) {
	c.Restaurants = append(c.Restaurants, r)
	c.restaurants[r.ID] = r
	for _, item := range r.Items() {
		c.items[item.ID] = item
	}
}

func read(name string) []string {
	data, err := texts.ReadFile(name)
	if err != nil {
		panic(err) // the embed directive names it
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func stockOf(itemID string) int {
	switch itemID {
	case soldOutItem:
		return 0
	case lastOneItem:
		return 1
	}
	return plenty
}
