package audit_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/delivery"
	"tiffin/internal/demo/inventory"
	"tiffin/internal/demo/orders"
	"tiffin/internal/demo/payments"
	"tiffin/internal/demo/seed"
)

// The good world: one order of each kind, and what is left of orders that never came to be.
const (
	open      = "ord_open"
	confirmed = "ord_confirmed"
	cancelled = "ord_cancelled"
	calledOff = "ord_called_off"
	unheardOf = "ord_unheard_of"
)

func goodBooks() []orders.Book {
	lines := map[string]int{"itm_1": 2, "itm_2": 1}
	return []orders.Book{
		{OrderID: open, PaymentRef: "open", State: "created", TotalMinor: 900, Currency: "EUR", Lines: lines},
		{OrderID: confirmed, PaymentRef: "confirmed", State: "confirmed", ConfirmedOnce: true, TotalMinor: 900, Currency: "EUR", Lines: lines},
		{OrderID: cancelled, PaymentRef: "cancelled", State: "cancelled", TotalMinor: 900, Currency: "EUR", Lines: lines},
		{OrderID: calledOff, PaymentRef: "called_off", State: "cancelled", ConfirmedOnce: true, TotalMinor: 900, Currency: "EUR", Lines: lines},
	}
}

// goodWorld is made anew for each test, which may change it.
func goodWorld() *world {
	return &world{
		books: goodBooks(),
		money: map[string]*payments.Account{
			"open":       {Authorizations: 1, HeldMinor: 900},
			"confirmed":  {Authorizations: 1, Captures: 1, CapturedMinor: 900},
			"cancelled":  {Authorizations: 1},
			"called_off": {Authorizations: 1, Captures: 1, CapturedMinor: 900, RefundedMinor: 900},
			"unheard_of": {}, // voided before it came
		},
		stock: inventory.Holdings{
			Initial: map[string]int{"itm_1": 10, "itm_2": 5, "itm_3": 0}, Available: map[string]int{"itm_1": 6, "itm_2": 3, "itm_3": 0},
			ByOrder: map[string]map[string]int{
				open: {"itm_1": 2, "itm_2": 1}, confirmed: {"itm_1": 2, "itm_2": 1}, cancelled: {}, unheardOf: {"itm_1": 0},
			},
		},
		drivers: map[string]int{open: 0, confirmed: 1, cancelled: 0, calledOff: 0, unheardOf: 0},
	}
}

// world is a World that is easy to change.
type world struct {
	books   []orders.Book
	money   map[string]*payments.Account
	stock   inventory.Holdings
	drivers map[string]int
}

func (w *world) judge() audit.Report {
	in := audit.World{Before: goodBooks(), After: w.books, Holdings: w.stock}
	for ref, account := range w.money {
		account.Ref = ref
		if account.Currency == "" {
			account.Currency = "EUR"
		}
		in.Accounts = append(in.Accounts, *account)
	}
	for id, n := range w.drivers {
		in.Assignments = append(in.Assignments, delivery.Assignment{OrderID: id, Drivers: n})
	}
	return audit.Judge(in)
}

// take moves stock between the shelf and an order, so that it still adds up.
func (w *world) take(order, item string, n int) {
	w.stock.Available[item] -= n
	if w.stock.ByOrder[order] == nil {
		w.stock.ByOrder[order] = map[string]int{}
	}
	w.stock.ByOrder[order][item] += n
}

func TestGoodWorld(t *testing.T) {
	want := audit.Report{Orders: 4, Open: 1, CalledOff: 1, Violations: []audit.Violation{}}
	if diff := cmp.Diff(want, goodWorld().judge()); diff != "" {
		t.Error(diff)
	}
}

// planted breaks one rule each.
func planted() []struct {
	order, rule string
	plant       func(*world)
} {
	return []struct {
		order, rule string
		plant       func(*world)
	}{
		{open, "authorized_once", func(w *world) { w.money["open"].Authorizations = 2 }},
		{cancelled, "authorized_once", func(w *world) { w.money["cancelled"].Authorizations = 2 }},
		{open, "captured_once", func(w *world) { w.money["open"].Captures = 2 }},
		{confirmed, "captured_once", func(w *world) { w.money["confirmed"].Captures = 2 }},
		{open, "captured_at_most_the_total", func(w *world) { w.money["open"].CapturedMinor = 901 }},
		{open, "refunded_at_most_the_capture", func(w *world) { w.money["open"].RefundedMinor = 1 }},
		{calledOff, "refunded_at_most_the_capture", func(w *world) { w.money["called_off"].RefundedMinor = 901 }},
		{open, "one_driver_at_most", func(w *world) { w.drivers[open] = 2 }},
		{confirmed, "one_driver_at_most", func(w *world) { w.drivers[confirmed] = 2 }},
		{confirmed, "no_hold", func(w *world) { w.money["confirmed"].HeldMinor = 1 }},
		{cancelled, "no_hold", func(w *world) { w.money["cancelled"].HeldMinor = 900 }},
		{calledOff, "no_hold", func(w *world) { w.money["called_off"].HeldMinor = 900 }},
		{confirmed, "confirmed_is_authorized", func(w *world) { w.money["confirmed"].Authorizations = 0 }},
		{confirmed, "confirmed_is_charged_exactly", func(w *world) { w.money["confirmed"].CapturedMinor = 899 }},
		{confirmed, "confirmed_is_charged_exactly", func(w *world) { w.money["confirmed"].RefundedMinor = 1 }},
		{confirmed, "confirmed_is_charged_exactly", func(w *world) { w.money["confirmed"].Captures = 0 }},
		{confirmed, "confirmed_in_its_currency", func(w *world) { w.money["confirmed"].Currency = "JPY" }},
		{confirmed, "confirmed_has_its_stock", func(w *world) { w.take(confirmed, "itm_1", -1) }},
		{confirmed, "confirmed_has_its_stock", func(w *world) { w.take(confirmed, "itm_1", 1) }},
		{confirmed, "confirmed_has_a_driver", func(w *world) { w.drivers[confirmed] = 0 }},
		{cancelled, "cancelled_is_not_charged", func(w *world) { w.money["cancelled"].CapturedMinor = 1 }},
		{calledOff, "called_off_is_refunded_in_full", func(w *world) { w.money["called_off"].RefundedMinor = 899 }},
		{calledOff, "called_off_is_refunded_in_full", func(w *world) { *w.money["called_off"] = payments.Account{} }},
		{cancelled, "cancelled_gives_its_stock_back", func(w *world) { w.take(cancelled, "itm_2", 1) }},
		{calledOff, "cancelled_gives_its_stock_back", func(w *world) { w.take(calledOff, "itm_2", 1) }},
		{cancelled, "cancelled_has_no_driver", func(w *world) { w.drivers[cancelled] = 1 }},
		{calledOff, "cancelled_has_no_driver", func(w *world) { w.drivers[calledOff] = 1 }},
		{calledOff, "payments_are_not_shared", func(w *world) { w.books[3].PaymentRef = "cancelled"; w.books[3].ConfirmedOnce = false }},
		{"unheard_of", "money_has_an_order", func(w *world) { w.money["unheard_of"].HeldMinor = 1 }},
		{"unheard_of", "money_has_an_order", func(w *world) { w.money["unheard_of"].CapturedMinor = 1 }},
		{unheardOf, "stock_has_an_order", func(w *world) { w.take(unheardOf, "itm_1", 1) }},
		{unheardOf, "drivers_have_an_order", func(w *world) { w.drivers[unheardOf] = 1 }},
		{"", "stock_adds_up", func(w *world) { w.stock.Available["itm_3"] = 1 }},
		{"", "stock_adds_up", func(w *world) { delete(w.stock.Available, "itm_1") }},
		{"", "stock_adds_up", func(w *world) { w.stock.Initial["itm_3"], w.stock.Available["itm_3"] = -1, -1 }},
	}
}

func TestPlantedViolationsAreFound(t *testing.T) {
	for _, tc := range planted() {
		t.Run(tc.rule, func(t *testing.T) {
			w := goodWorld()
			tc.plant(w)
			found := w.judge().Violations
			if !slices.ContainsFunc(found, func(v audit.Violation) bool {
				return v.Order == tc.order && v.Rule == tc.rule && v.Detail != ""
			}) {
				t.Errorf("%s %s was not found, but %v", tc.order, tc.rule, found)
			}
			for _, v := range found {
				if v.Order != tc.order {
					t.Errorf("blames the innocent: %v", v)
				}
			}
		})
	}
}

func TestEveryRuleHasAPlantedViolation(t *testing.T) {
	tested := map[string]bool{}
	for _, tc := range planted() {
		tested[tc.rule] = true
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(audit.Rules())), slices.Sorted(maps.Keys(tested))); diff != "" {
		t.Error(diff)
	}
}

// An order may change between the questions to the services; that is no violation.
func TestOrdersInMotionAreOpen(t *testing.T) {
	w := goodWorld()
	w.books[0].State, w.books[0].ConfirmedOnce = "confirmed", true // the others were asked before
	late := orders.Book{OrderID: "ord_late", PaymentRef: "late", State: "cancelled", TotalMinor: 1, Currency: "EUR"}
	w.books = append(w.books, late)
	w.money["late"] = &payments.Account{Authorizations: 1, HeldMinor: 1}
	want := audit.Report{Orders: 5, Open: 2, CalledOff: 1, Violations: []audit.Violation{}}
	if diff := cmp.Diff(want, w.judge()); diff != "" {
		t.Error(diff)
	}
}

func TestNoViolationsAreAnArray(t *testing.T) {
	text, err := json.Marshal(audit.Judge(audit.World{}))
	if want := `{"orders":0,"open":0,"called_off":0,"violations":[]}`; string(text) != want || err != nil {
		t.Errorf("%s, %v", text, err)
	}
}

// The seeded past is without fault in the services themselves.
func TestTheSeededPast(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	world := catalogue.New()
	past := seed.Orders(world, []string{"i#alice", "i#bob", "i#carol", "i#dave"}, 50, now)
	books := orders.New(orders.Config{Catalogue: world, Past: past, Now: clock}).Books()
	got := audit.Judge(audit.World{
		Before: books, After: books,
		Holdings:    inventory.New(inventory.Config{Catalogue: world, Past: past}).Holdings(),
		Accounts:    payments.New(payments.Config{Past: past, Now: clock}).Accounts(),
		Assignments: delivery.New(delivery.Config{Catalogue: world, Past: past, Now: clock}).Assignments(),
	})
	if diff := cmp.Diff(audit.Report{Orders: 200, Violations: []audit.Violation{}}, got); diff != "" {
		t.Error(diff)
	}
}
