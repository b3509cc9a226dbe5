package inventory_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/backends/inventory"
	"tiffin/internal/demo/catalogue"
	simulated "tiffin/internal/demo/inventory"
	"tiffin/internal/demo/stage"
	"tiffin/internal/storefront"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the client in front of the simulated service, both held to the contract.
type world struct {
	*inventory.Client
	service *simulated.Service
	calls   *stage.Calls
}

func newWorld(t *testing.T) world {
	t.Helper()
	service, calls := simulated.New(simulated.Config{Catalogue: catalogue.New()}), stage.NewCalls("inventory")
	instance := stage.Instance(stage.InstanceConfig{Service: "inventory", Handler: service.Handler(), Calls: calls})
	return world{connect(t, contract.Handler(t, "openapi.yaml", instance)), service, calls}
}

func connect(t *testing.T, handler http.Handler) *inventory.Client {
	t.Helper()
	return inventory.New(testkit.Start(t, map[string]http.Handler{"inventory": handler}).Transport())
}

func euros(minor int64) storefront.Money { return storefront.Money{Minor: minor, Currency: "EUR"} }

func TestRestaurantsByIDs(t *testing.T) {
	got, err := newWorld(t).RestaurantsByIDs(t.Context(), []string{"res_030", "res_001", "res_999", "res_001"})
	want := map[string]*inventory.Restaurant{
		"res_001": {
			ID: "res_001", Name: "Bombay Tiffin House", Cuisines: []string{"Indian", "Vegetarian"}, Address: "3 Curry Lane, Tiffinville",
			Coordinates: storefront.Coordinates{Latitude: 48.137072, Longitude: 11.575}, Open: true,
			ImageURL: new("/assets/inventory/images/res_001.svg"),
		},
		"res_030": {
			ID: "res_030", Name: "Midnight Diner", Cuisines: []string{"American", "Breakfast"}, Address: "70 Nutmeg Road, Tiffinville",
			Coordinates: catalogue.New().Restaurant("res_030").Coordinates, Open: false,
			ImageURL: new("/assets/inventory/images/res_030.svg"),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestItemsByIDs(t *testing.T) {
	got, err := newWorld(t).ItemsByIDs(t.Context(), []string{"itm_001_14", "itm_001_99"})
	want := map[string]*inventory.MenuItem{"itm_001_14": {
		ID: "itm_001_14", RestaurantID: "res_001", Name: "Jeera rice", Description: new("Basmati with toasted cumin"),
		Price: euros(320), ImageURL: new("/assets/inventory/images/itm_001_14.svg"),
		OptionGroups: []inventory.OptionGroup{{
			ID: "grp_001_14_size", Name: "Size", Minimum: 1, Maximum: 1,
			Options: []inventory.MenuOption{
				{ID: "opt_001_14_size_1", Name: "Regular", Price: euros(0)},
				{ID: "opt_001_14_size_2", Name: "Large", Price: euros(300)},
			},
		}},
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// Whatever the catalogue holds arrives as it is there: prices to the cent, options, bounds.
func TestMenusAreTheCatalogue(t *testing.T) {
	cat := catalogue.New()
	var ids []string
	for _, r := range cat.Restaurants {
		ids = append(ids, r.ID)
	}
	menus, err := newWorld(t).MenusByRestaurants(t.Context(), append(ids, "res_999"))
	if err != nil || len(menus) != len(ids) {
		t.Fatalf("%d menus, %v", len(menus), err)
	}
	for _, r := range cat.Restaurants {
		var want []inventory.MenuSection
		for _, s := range r.Sections {
			want = append(want, section(s))
		}
		if diff := cmp.Diff(want, menus[r.ID].Sections); diff != "" {
			t.Errorf("%s:\n%s", r.ID, diff)
		}
	}
}

func section(from catalogue.Section) inventory.MenuSection {
	to := inventory.MenuSection{ID: from.ID, Name: from.Name}
	for _, i := range from.Items {
		item := inventory.MenuItem{
			ID: i.ID, RestaurantID: i.RestaurantID, Name: i.Name, Description: &i.Description, Price: euros(i.PriceMinor),
			ImageURL: new("/assets/inventory" + i.ImagePath), OptionGroups: []inventory.OptionGroup{},
		}
		for _, g := range i.Groups {
			group := inventory.OptionGroup{ID: g.ID, Name: g.Name, Minimum: int32(g.Minimum), Maximum: int32(g.Maximum)}
			for _, o := range g.Options {
				group.Options = append(group.Options, inventory.MenuOption{ID: o.ID, Name: o.Name, Price: euros(o.PriceMinor)})
			}
			item.OptionGroups = append(item.OptionGroups, group)
		}
		to.Items = append(to.Items, item)
	}
	return to
}

func TestStockByItems(t *testing.T) {
	got, err := newWorld(t).StockByItems(t.Context(), []string{"itm_001_20", "itm_001_19", "itm_001_01", "itm_x"})
	want := map[string]*int32{"itm_001_20": new(int32(0)), "itm_001_19": new(int32(1)), "itm_001_01": new(int32(1_000_000))}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// A bulk read of many ids is as few calls as the contract allows; ids that can name nothing are no call at all.
func TestBulkReadsAreSplit(t *testing.T) {
	var items, kitchens []string
	for _, r := range catalogue.New().Restaurants {
		kitchens = append(kitchens, r.ID, r.ID)
		for _, i := range r.Items() {
			items = append(items, i.ID)
		}
	}
	w := newWorld(t)
	for name, read := range map[string]func([]string) (int, error){
		"GET /items": func(ids []string) (int, error) {
			got, err := w.ItemsByIDs(t.Context(), ids)
			return len(got), err
		},
		"GET /stock": func(ids []string) (int, error) {
			got, err := w.StockByItems(t.Context(), ids)
			return len(got), err
		},
	} {
		if n, err := read(items); n != 600 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if n, err := read([]string{"", "a,b", "itm 1", "ä", string(make([]byte, 65))}); n != 0 || err != nil {
			t.Errorf("%s of nothing: %d, %v", name, n, err)
		}
	}
	if menus, err := w.MenusByRestaurants(t.Context(), kitchens); len(menus) != 30 || err != nil {
		t.Errorf("%d menus, %v", len(menus), err)
	}
	want := map[string]int{"GET /items": 6, "GET /stock": 6, "GET /menus": 2}
	if got := w.calls.Snapshot()["inventory"]; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func names(page *inventory.RestaurantConnection) []string {
	var out []string
	for _, edge := range page.Edges {
		out = append(out, edge.Node.Name)
	}
	return out
}

func TestRestaurantsByNameAPageAtATime(t *testing.T) {
	w := newWorld(t)
	var all []string
	query := inventory.RestaurantQuery{First: 13}
	for pages := 0; ; pages++ {
		page, err := w.Restaurants(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		info := page.PageInfo
		if info.HasPreviousPage != (pages > 0) || *info.StartCursor != page.Edges[0].Cursor || page.Edges[0].DistanceMetres != nil {
			t.Errorf("page %d: %+v", pages, info)
		}
		all = append(all, names(page)...)
		if !info.HasNextPage {
			break
		}
		query.After = *info.EndCursor
	}
	if len(all) != 30 || !slices.IsSorted(all) {
		t.Errorf("%d: %v", len(all), all)
	}
}

func TestAPageGoesOnAfterAnyOfItsEntries(t *testing.T) {
	w := newWorld(t)
	first, err := w.Restaurants(t.Context(), inventory.RestaurantQuery{First: 5})
	if err != nil {
		t.Fatal(err)
	}
	rest, err := w.Restaurants(t.Context(), inventory.RestaurantQuery{First: 3, After: first.Edges[1].Cursor})
	if err != nil || !slices.Equal(names(first)[2:], names(rest)) {
		t.Errorf("%v, then %v, %v", names(first), names(rest), err)
	}
}

func TestRestaurantsNear(t *testing.T) {
	w := newWorld(t)
	centre := catalogue.Centre()
	page, err := w.Restaurants(t.Context(), inventory.RestaurantQuery{First: 100, Near: &centre})
	if err != nil || len(page.Edges) != 30 || page.Edges[0].Node.ID != "res_001" || *page.Edges[0].DistanceMetres != 8 {
		t.Fatalf("%v, %v", names(page), err)
	}
	if !slices.IsSortedFunc(page.Edges, func(a, b inventory.RestaurantEdge) int { return int(*a.DistanceMetres - *b.DistanceMetres) }) {
		t.Error("not nearest first")
	}
	edge := storefront.Coordinates{Latitude: centre.Latitude, Longitude: centre.Longitude + 0.08}
	page, err = w.Restaurants(t.Context(), inventory.RestaurantQuery{First: 100, Near: &edge})
	if n := len(page.Edges); err != nil || n < 5 || n > 25 || *page.Edges[n-1].DistanceMetres > 8_000 {
		t.Errorf("%d deliver 6 km east of the centre, %v", n, err)
	}
	island := storefront.Coordinates{Latitude: -0.0000001, Longitude: 179}
	page, err = w.Restaurants(t.Context(), inventory.RestaurantQuery{First: 100, Near: &island})
	if err != nil || len(page.Edges) != 0 || page.PageInfo.EndCursor != nil || page.PageInfo.HasNextPage {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestRestaurantsSearch(t *testing.T) {
	w := newWorld(t)
	for search, want := range map[string][]string{
		"bombay":             {"Bombay Tiffin House"},
		"TIFFIN vegetable":   {"Bombay Tiffin House"},
		"ramen":              {"Ramen Alley"},
		"crème brûlée":       {"Bistro Lafayette"},
		"sushi ramen":        nil,
		"&limit=1#?%2C,;'\"": nil,
	} {
		page, err := w.Restaurants(t.Context(), inventory.RestaurantQuery{First: 10, Search: search})
		if err != nil || !slices.Equal(names(page), want) {
			t.Errorf("%q: %v, %v, want %v", search, names(page), err, want)
		}
	}
}

// What is taken for an order can be read by its id: nothing before, all of it after, nothing once it was given back.
func TestHolds(t *testing.T) {
	w := newWorld(t)
	holds := func(name string, want bool) {
		t.Helper()
		if got, err := w.Holds(t.Context(), "ord_1"); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	holds("before", false)
	reservation := inventory.Reservation{OrderID: "ord_1", RestaurantID: "res_001", Lines: []inventory.ReservationLine{{ID: "lin_1", ItemID: "itm_001_01", Quantity: 2}}}
	if err := w.Reserve(t.Context(), "k", reservation); err != nil {
		t.Fatal(err)
	}
	holds("held", true)
	if err := w.Release(t.Context(), "r", "ord_1"); err != nil {
		t.Fatal(err)
	}
	holds("released", false)
}
