package audit

import (
	"fmt"
	"maps"
	"slices"

	"tiffin/internal/demo/inventory"
	"tiffin/internal/demo/orders"
	"tiffin/internal/demo/payments"
)

// The rules that are about more than one order.
const (
	sharedPayment = "payments_are_not_shared"
	orphanMoney   = "money_has_an_order"
	orphanStock   = "stock_has_an_order"
	orphanDriver  = "drivers_have_an_order"
	stockAddsUp   = "stock_adds_up"
)

// cases finds what belongs to an order, and what belongs to none. What an order claims is taken out; the rest are orphans.
type cases struct {
	money   map[string]payments.Account
	claimed map[string]string // payment reference → order
	taken   map[string]map[string]int
	drivers map[string]int
}

func newCases(w World) *cases {
	c := &cases{
		money: map[string]payments.Account{}, claimed: map[string]string{}, taken: map[string]map[string]int{}, drivers: map[string]int{},
	}
	for _, account := range w.Accounts {
		c.money[account.Ref] = account
	}
	for id, items := range w.Holdings.ByOrder {
		if items = withoutZeros(items); len(items) > 0 {
			c.taken[id] = items
		}
	}
	for _, a := range w.Assignments {
		c.drivers[a.OrderID] += a.Drivers
	}
	return c
}

func withoutZeros(items map[string]int) map[string]int {
	items = maps.Clone(items)
	maps.DeleteFunc(items, func(_ string, n int) bool { return n == 0 })
	return items
}

// judge claims what the services hold of the order and applies the rules to it.
func (c *cases) judge(book orders.Book) (found []Violation) {
	o := order{Book: book, money: c.money[book.PaymentRef], taken: c.taken[book.OrderID], drivers: c.drivers[book.OrderID]}
	if other, ok := c.claimed[book.PaymentRef]; ok {
		found = append(found, Violation{book.OrderID, sharedPayment, "the payment is also that of " + other})
	}
	c.claimed[book.PaymentRef] = book.OrderID
	delete(c.taken, book.OrderID)
	delete(c.drivers, book.OrderID)
	for _, r := range orderRules() {
		if !r.when(book) {
			continue
		}
		if detail := r.broken(o); detail != "" {
			found = append(found, Violation{book.OrderID, r.name, detail})
		}
	}
	return found
}

// orphans are what no order has claimed.
func (c *cases) orphans() (found []Violation) {
	for ref, m := range c.money {
		_, claimed := c.claimed[ref]
		if !claimed && (m.HeldMinor != 0 || m.CapturedMinor != m.RefundedMinor) {
			detail := fmt.Sprintf("held %d, captured %d, refunded %d", m.HeldMinor, m.CapturedMinor, m.RefundedMinor)
			found = append(found, Violation{ref, orphanMoney, detail})
		}
	}
	for id, items := range c.taken {
		found = append(found, Violation{id, orphanStock, fmt.Sprintf("has %v", items)})
	}
	for id, n := range c.drivers {
		if n != 0 {
			found = append(found, Violation{id, orphanDriver, fmt.Sprintf("drivers booked: %d", n)})
		}
	}
	return found
}

// stock checks for each dish that what there was is what there is and what was taken.
func stock(h inventory.Holdings) (found []Violation) {
	taken := map[string]int{}
	for _, items := range h.ByOrder {
		for item, n := range items {
			taken[item] += n
		}
	}
	items := maps.Clone(taken) // the keys of all three
	maps.Copy(items, h.Initial)
	maps.Copy(items, h.Available)
	for _, item := range slices.Sorted(maps.Keys(items)) {
		left := h.Available[item]
		if left < 0 || h.Initial[item] != left+taken[item] {
			detail := fmt.Sprintf("%s: of %d there are %d left and %d taken", item, h.Initial[item], left, taken[item])
			found = append(found, Violation{"", stockAddsUp, detail})
		}
	}
	return found
}
