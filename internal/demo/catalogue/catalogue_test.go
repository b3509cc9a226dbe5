package catalogue

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"tiffin/internal/storefront"
)

func TestNewIsWholeAndTheSameEachTime(t *testing.T) {
	c := New()
	if len(c.Restaurants) != restaurantCount || len(c.items) != restaurantCount*dishCount {
		t.Fatalf("%d restaurants with %d dishes", len(c.Restaurants), len(c.items))
	}
	if !reflect.DeepEqual(c, New()) {
		t.Error("two starts give different worlds")
	}
}

func TestRestaurants(t *testing.T) {
	names := map[string]bool{}
	for n, r := range New().Restaurants {
		if want := fmt.Sprintf("res_%03d", n+1); r.ID != want {
			t.Errorf("id %s, want %s", r.ID, want)
		}
		if names[r.Name] || r.Name == "" || len(r.Cuisines) == 0 {
			t.Errorf("%s: name %q (unique?), cuisines %v", r.ID, r.Name, r.Cuisines)
		}
		names[r.Name] = true
		if d := Distance(Centre(), r.Coordinates); d > 6_000 {
			t.Errorf("%s is %.0f m from the centre", r.ID, d)
		}
		if r.Open != (r.ID != "res_030") {
			t.Errorf("%s: open = %v", r.ID, r.Open)
		}
		if len(r.Items()) != dishCount || len(r.Sections) < 3 {
			t.Errorf("%s: %d dishes in %d sections", r.ID, len(r.Items()), len(r.Sections))
		}
	}
}

func TestItems(t *testing.T) {
	c, form, options := New(), regexp.MustCompile(`^itm_\d{3}_\d{2}$`), 0
	for _, r := range c.Restaurants {
		for _, i := range r.Items() {
			if !form.MatchString(i.ID) || c.Item(i.ID) != i || i.RestaurantID != r.ID {
				t.Errorf("item %s of %s is not found by its id", i.ID, r.ID)
			}
			if i.Name == "" || i.Description == "" || i.PriceMinor < 100 || i.PriceMinor > 5_000 {
				t.Errorf("%s: %q, %q, %d", i.ID, i.Name, i.Description, i.PriceMinor)
			}
			if len(i.Groups) > 0 {
				options++
			}
		}
	}
	if options < 300 {
		t.Errorf("only %d dishes have options", options)
	}
}

func TestIDsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	see := func(id string) {
		if seen[id] {
			t.Errorf("id %s is used twice", id)
		}
		seen[id] = true
	}
	for _, r := range New().Restaurants {
		see(r.ID)
		for _, s := range r.Sections {
			see(s.ID)
		}
		for _, i := range r.Items() {
			see(i.ID)
			for _, g := range i.Groups {
				see(g.ID)
				for _, o := range g.Options {
					see(o.ID)
				}
			}
		}
	}
}

func TestGroupsCanBeSatisfied(t *testing.T) {
	for _, r := range New().Restaurants {
		for _, i := range r.Items() {
			for _, g := range i.Groups {
				if g.Minimum < 0 || g.Maximum < max(g.Minimum, 1) || len(g.Options) < g.Maximum || g.Name == "" {
					t.Errorf("%s: %d..%d of %d options", g.ID, g.Minimum, g.Maximum, len(g.Options))
				}
			}
		}
	}
}

func TestMagicDishes(t *testing.T) {
	c := New()
	for id, want := range map[string]int{"itm_001_20": 0, "itm_001_19": 1, "itm_001_18": plenty, "itm_002_20": plenty} {
		if got := c.Item(id).Stock; got != want {
			t.Errorf("stock of %s = %d, want %d", id, got, want)
		}
	}
	for _, id := range []string{"itm_001_01", "itm_001_02"} {
		for _, g := range c.Item(id).Groups {
			if g.Minimum > 0 {
				t.Errorf("%s must be orderable without options, but %s needs one", id, g.ID)
			}
		}
	}
}

func TestUnknownIDs(t *testing.T) {
	c := New()
	if c.Restaurant("res_031") != nil || c.Item("itm_001_21") != nil {
		t.Error("found what is not there")
	}
	for _, name := range []string{"res_031.svg", "res_001", "res_001.png", "../res_001.svg", ""} {
		if _, ok := c.Image(name); ok {
			t.Errorf("Image(%q) found", name)
		}
	}
}

func TestImagesAreXML(t *testing.T) {
	c := New()
	for _, r := range c.Restaurants {
		checkImage(t, c, r.ImagePath)
		for _, i := range r.Items() {
			checkImage(t, c, i.ImagePath)
		}
	}
}

func checkImage(t *testing.T, c *Catalogue, path string) {
	t.Helper()
	name, ok := strings.CutPrefix(path, "/images/")
	data, found := c.Image(name)
	if !ok || !found || len(data) > 4_000 {
		t.Fatalf("Image(%q): found %v, %d bytes", path, found, len(data))
	}
	decoder := xml.NewDecoder(strings.NewReader(string(data)))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
}

func TestBadCardsSayWhatIsWrong(t *testing.T) {
	const heading = "Name | Indian | 3 Curry Lane"
	for name, test := range map[string]struct {
		lines []string
		want  string
	}{
		"heading":     {[]string{"Name"}, "want name, cuisines and address"},
		"address":     {[]string{"Name | Indian | 3 Nowhere"}, "no such street"},
		"cells":       {[]string{heading, "# A", "Dish | 1.00"}, "line 3"},
		"no section":  {[]string{heading, "Dish | x | 1.00 |"}, "before the first section"},
		"price":       {[]string{heading, "# A", "Dish | x | 1,00 |"}, `price "1,00"`},
		"group":       {[]string{heading, "# A", "Dish | x | 1.00 | huge"}, `"huge" is not in groups.txt`},
		"dish number": {[]string{heading, "# A", "Dish | x | 1.00 |"}, "1 dishes, want 20"},
	} {
		if _, err := parseCard(1, test.lines, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestBadGroupsSayWhatIsWrong(t *testing.T) {
	for line, want := range map[string]string{
		"size | Size":                   "want key, heading",
		"size | Size | one | Large 1":   `bounds "one"`,
		"size | Size | 1..1 | Large":    `option "Large"`,
		"size | Size | 1..1 | Large 1x": `option "Large 1x"`,
	} {
		if _, err := parseGroups([]string{line}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

func TestFindDoor(t *testing.T) {
	for text, want := range map[string]string{
		"12 Curry Lane, Tiffinville":       "12 Curry Lane, Tiffinville",
		"Curry Lane 12":                    "12 Curry Lane, Tiffinville",
		"  curry   LANE 12,tiffinville":    "12 Curry Lane, Tiffinville",
		"12 Curry Lane, 80331 Tiffinville": "12 Curry Lane, Tiffinville",
		"1 Far Island":                     "1 Far Island, Tiffinville",
		"Saffron Street":                   "0 Saffron Street, Tiffinville",
		"Market Place, Tiffinville":        "0 Market Place, Tiffinville",
	} {
		if door, ok := FindDoor(text); !ok || door.Address() != want {
			t.Errorf("FindDoor(%q) = %q, %v", text, door.Address(), ok)
		}
	}
	for _, text := range []string{"", "12", "12 Curry", "12 Curry Lane 12", "0 Curry Lane", "1000 Curry Lane", "Tiffinville", "12 Curry Lane, Berlin"} {
		if door, ok := FindDoor(text); ok {
			t.Errorf("FindDoor(%q) = %q, want nothing", text, door.Address())
		}
	}
}

func TestTheTownIsSmall(t *testing.T) {
	names := map[string]bool{}
	for _, street := range Streets() {
		names[street.Name] = true
		for _, number := range []int{0, 1, 100, 999} {
			if d := Distance(Centre(), street.Door(number).Coordinates()); d > 6_000 {
				t.Errorf("%d %s is %.0f m from the centre", number, street.Name, d)
			}
		}
	}
	if len(names) != 40 {
		t.Errorf("%d streets with a name of their own", len(names))
	}
	if first := Streets()[0]; first.Door(1) == first.Door(2) || first.Door(1).Coordinates() == first.Door(2).Coordinates() {
		t.Error("two houses stand in one place")
	}
}

func TestDistance(t *testing.T) {
	munich, berlin := storefront.Coordinates{Latitude: 48.137, Longitude: 11.575}, storefront.Coordinates{Latitude: 52.52, Longitude: 13.405}
	for _, test := range []struct {
		name      string
		a, b      storefront.Coordinates
		low, high float64
	}{
		{"nothing", munich, munich, 0, 0},
		{"Munich to Berlin", munich, berlin, 503_000, 506_000},
		{"back", berlin, munich, 503_000, 506_000},
		{"Far Island", Centre(), SpecialStreets()[2].Door(1).Coordinates(), 299_900, 300_100},
		{"antipodes", storefront.Coordinates{Latitude: 90}, storefront.Coordinates{Latitude: -90}, 20_015_000, 20_015_200},
	} {
		if d := Distance(test.a, test.b); d < test.low || d > test.high {
			t.Errorf("%s: %.0f m", test.name, d)
		}
	}
}
