package audit

import (
	"fmt"
	"maps"

	"tiffin/internal/demo/orders"
	"tiffin/internal/demo/payments"
)

// order is everything that the services hold of one order.
type order struct {
	orders.Book
	money   payments.Account
	taken   map[string]int
	drivers int
}

// kept is what the customer was charged in the end.
func (o order) kept() int64 { return o.money.CapturedMinor - o.money.RefundedMinor }

// rule is one sentence of the promise. It holds where broken says "".
type rule struct {
	name   string
	when   func(orders.Book) bool
	broken func(order) string
}

func always(orders.Book) bool           { return true }
func isConfirmed(b orders.Book) bool    { return b.State == confirmed }
func isCancelled(b orders.Book) bool    { return b.State == cancelled }
func wasCalledOff(b orders.Book) bool   { return b.State == cancelled && b.ConfirmedOnce }
func neverConfirmed(b orders.Book) bool { return b.State == cancelled && !b.ConfirmedOnce }
func isSettled(b orders.Book) bool      { return b.State == confirmed || b.State == cancelled }

// orderRules are judged for one order at a time.
func orderRules() []rule {
	return []rule{
		// What must never be, not even for a moment.
		{"authorized_once", always, func(o order) string {
			return when(o.money.Authorizations > 1, "%d authorizations", o.money.Authorizations)
		}},
		{"captured_once", always, func(o order) string {
			return when(o.money.Captures > 1, "%d captures", o.money.Captures)
		}},
		{"captured_at_most_the_total", always, func(o order) string {
			return when(o.money.CapturedMinor > o.TotalMinor, "captured %d of a total of %d", o.money.CapturedMinor, o.TotalMinor)
		}},
		{"refunded_at_most_the_capture", always, func(o order) string {
			return when(o.kept() < 0, "captured %d, refunded %d", o.money.CapturedMinor, o.money.RefundedMinor)
		}},
		{"one_driver_at_most", always, func(o order) string {
			return when(o.drivers > 1, "%d drivers", o.drivers)
		}},

		// How an order ends.
		{"no_hold", isSettled, func(o order) string {
			return when(o.money.HeldMinor != 0, "%s, and %d are still held", o.State, o.money.HeldMinor)
		}},
		{"confirmed_is_authorized", isConfirmed, func(o order) string {
			return when(o.money.Authorizations < 1, "no authorization")
		}},
		{"confirmed_is_charged_exactly", isConfirmed, func(o order) string {
			return when(o.kept() != o.TotalMinor || o.money.Captures < 1, "charged %d in %d captures, the total is %d",
				o.kept(), o.money.Captures, o.TotalMinor)
		}},
		{"confirmed_in_its_currency", isConfirmed, func(o order) string {
			return when(o.money.Captures > 0 && o.money.Currency != o.Currency, "charged in %s, ordered in %s", o.money.Currency, o.Currency)
		}},
		{"confirmed_has_its_stock", isConfirmed, func(o order) string {
			return when(!maps.Equal(o.taken, o.Lines), "took %v, ordered %v", o.taken, o.Lines)
		}},
		{"confirmed_has_a_driver", isConfirmed, func(o order) string {
			return when(o.drivers < 1, "no driver")
		}},
		{"cancelled_is_not_charged", neverConfirmed, func(o order) string {
			return when(o.kept() > 0, "captured %d, refunded %d", o.money.CapturedMinor, o.money.RefundedMinor)
		}},
		{"called_off_is_refunded_in_full", wasCalledOff, func(o order) string {
			return when(o.money.CapturedMinor != o.TotalMinor || o.kept() > 0, "total %d, captured %d, refunded %d",
				o.TotalMinor, o.money.CapturedMinor, o.money.RefundedMinor)
		}},
		{"cancelled_gives_its_stock_back", isCancelled, func(o order) string {
			return when(len(o.taken) > 0, "still has %v", o.taken)
		}},
		{"cancelled_has_no_driver", isCancelled, func(o order) string {
			return when(o.drivers > 0, "a driver is on the way")
		}},
	}
}

func when(broken bool, format string, args ...any) string {
	if !broken {
		return ""
	}
	return fmt.Sprintf(format, args...)
}
