package seed

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tiffin/internal/demo/catalogue"
)

var (
	world = catalogue.New()
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func demoCustomers() []string {
	return []string{"http://127.0.0.1:8180#alice", "http://127.0.0.1:8180#bob", "http://127.0.0.1:8180#carol", "http://127.0.0.1:8180#dave"}
}

func TestTheSameArgumentsGiveTheSameOrders(t *testing.T) {
	if !reflect.DeepEqual(Orders(world, demoCustomers(), 50, noon), Orders(catalogue.New(), demoCustomers(), 50, noon)) {
		t.Error("two starts tell different stories")
	}
}

// Every property that a simulated service or the audit relies on, for any time, number and set of customers.
func TestOrdersAreConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1_700_000_000, 2_000_000_000).Draw(t, "now"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanoseconds"))
		each := rapid.IntRange(0, 60).Draw(t, "each")
		customers := demoCustomers()[:rapid.IntRange(0, 4).Draw(t, "customers")]
		past := Orders(world, customers, each, now)
		if len(past) != each*len(customers) {
			t.Fatalf("%d orders, want %d for %d customers", len(past), each, len(customers))
		}
		checkIDs(t, past)
		for _, o := range past {
			checkMoney(t, o)
			checkLines(t, o)
			checkLife(t, o, now)
		}
	})
}

func checkIDs(t rapid.TB, past []Order) {
	t.Helper()
	form, line, number := regexp.MustCompile(`^[a-z2-7]{26}$`), regexp.MustCompile(`^lin_[a-z2-7]{26}$`), regexp.MustCompile(`^T-\d{5}$`)
	seen := map[string]bool{}
	see := func(id string, good bool) {
		if seen[id] || !good {
			t.Errorf("id %q is used twice or malformed", id)
		}
		seen[id] = true
	}
	for _, o := range past {
		see(o.ID, o.ID == "ord_"+o.Ref && form.MatchString(o.Ref))
		see(o.Number, number.MatchString(o.Number))
		for _, l := range o.Lines {
			see(l.ID, line.MatchString(l.ID))
		}
	}
	if !slices.IsSortedFunc(past, func(a, b Order) int { return a.PlacedAt.Compare(b.PlacedAt) }) {
		t.Errorf("not oldest first")
	}
}

func checkMoney(t rapid.TB, o Order) {
	t.Helper()
	var charges, lines, subtotal int64
	for _, c := range o.Charges {
		charges += c.Minor
		if c.Kind == "subtotal" {
			subtotal = c.Minor
		}
		if (c.Kind == "discount") != (c.Minor < 0) || c.Label == "" || c.Minor == 0 {
			t.Errorf("%s: charge %+v", o.ID, c)
		}
	}
	for _, l := range o.Lines {
		lines += l.UnitMinor * int64(l.Quantity)
	}
	if charges != o.TotalMinor || lines != subtotal || o.TotalMinor <= 0 {
		t.Errorf("%s: charges %d, total %d; lines %d, subtotal %d", o.ID, charges, o.TotalMinor, lines, subtotal)
	}
	if fee := o.Charges[2]; fee.Kind != "service_fee" || fee.Minor*100-subtotal*servicePercent > 50 || fee.Minor*100-subtotal*servicePercent < -50 {
		t.Errorf("%s: service fee %d of %d", o.ID, fee.Minor, subtotal)
	}
}

func checkLines(t rapid.TB, o Order) {
	t.Helper()
	if len(o.Lines) < 1 || len(o.Lines) > maxLines {
		t.Errorf("%s: %d lines", o.ID, len(o.Lines))
	}
	dishes := map[string]bool{}
	for _, l := range o.Lines {
		dishes[l.ItemID] = true
		item := world.Item(l.ItemID)
		if item == nil || item.RestaurantID != o.RestaurantID || item.Name != l.Title || l.Quantity < 1 || l.Quantity > maxQuantity {
			t.Errorf("%s: line %+v", o.ID, l)
			continue
		}
		checkOptions(t, item, l)
	}
	if len(dishes) < len(o.Lines) {
		t.Errorf("%s: a dish stands there twice", o.ID)
	}
}

func checkOptions(t rapid.TB, item *catalogue.Item, l Line) {
	t.Helper()
	unit, chosen := item.PriceMinor, map[string]int{}
	for _, option := range l.Options {
		unit += option.PriceMinor
		chosen[option.GroupID]++
	}
	if unit != l.UnitMinor {
		t.Errorf("%s: unit price %d, want %d", l.ID, l.UnitMinor, unit)
	}
	for _, g := range item.Groups {
		if n := chosen[g.ID]; n < g.Minimum || n > g.Maximum {
			t.Errorf("%s: %d options of %s", l.ID, n, g.ID)
		}
	}
}

func checkLife(t rapid.TB, o Order, now time.Time) {
	t.Helper()
	if age := now.Sub(o.PlacedAt); age < 0 || age > Span || o.PlacedAt.Location() != time.UTC {
		t.Errorf("%s was placed at %s, now is %s", o.ID, o.PlacedAt, now)
	}
	if last := o.Timeline[len(o.Timeline)-1]; last.Status != o.Status || last.At.After(now) {
		t.Errorf("%s: status %s, timeline %v, now %s", o.ID, o.Status, o.Timeline, now)
	}
	if !slices.IsSortedFunc(o.Timeline, func(a, b Event) int { return a.At.Compare(b.At) }) || o.Timeline[0].At.Before(o.PlacedAt) {
		t.Errorf("%s: timeline %v", o.ID, o.Timeline)
	}
	if (o.Delivery.DriverID == "") != (o.Status == "cancelled") {
		t.Errorf("%s is %s with driver %q", o.ID, o.Status, o.Delivery.DriverID)
	}
	door, ok := catalogue.FindDoor(o.Delivery.Address)
	far := catalogue.Distance(o.Delivery.Coordinates, world.Restaurant(o.RestaurantID).Coordinates) > catalogue.DeliveryRadius
	if !ok || door.Coordinates() != o.Delivery.Coordinates || far || o.Delivery.RecipientName == "" {
		t.Errorf("%s: delivery %+v", o.ID, o.Delivery)
	}
}

func TestStatesAreSpread(t *testing.T) {
	count := map[string]int{}
	days := map[time.Time]bool{}
	for _, o := range Orders(world, demoCustomers(), 50, noon) {
		count[o.Status]++
		days[o.PlacedAt.Truncate(24*time.Hour)] = true
	}
	want := map[string]int{"confirmed": 4, "preparing": 4, "on_the_way": 4, "cancelled": 12, "completed": 176}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("%v, want %v", count, want)
	}
	if len(days) < 45 {
		t.Errorf("spread over %d days only", len(days))
	}
}

func TestTheNewestAreUnderWay(t *testing.T) {
	past := Orders(world, demoCustomers()[:1], 50, noon)
	var got []string
	for _, o := range past[47:] {
		got = append(got, o.Status)
	}
	if want := []string{"on_the_way", "preparing", "confirmed"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestNames(t *testing.T) {
	for id, want := range map[string]string{"http://issuer#alice": "Alice", "bob": "Bob", "http://issuer#": "Guest", "": "Guest"} {
		if got := nameOf(id); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", id, got, want)
		}
	}
}

func ExampleOrders() {
	for _, o := range Orders(catalogue.New(), []string{"http://issuer#alice"}, 2, noon) {
		fmt.Println(o.Number, o.Status, o.Delivery.RecipientName)
	}
	// Output:
	// T-10001 preparing Alice
	// T-10002 confirmed Alice
}
