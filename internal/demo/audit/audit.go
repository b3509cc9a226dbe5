// Package audit judges every order over all simulated services: whoever was charged, got what they paid for, and nobody else was
// charged. It is a pure function over what the services hold, so a test can plant each violation.
package audit

import (
	"cmp"
	"slices"

	"tiffin/internal/demo/delivery"
	"tiffin/internal/demo/inventory"
	"tiffin/internal/demo/orders"
	"tiffin/internal/demo/payments"
)

// World is what the services hold. It is not of one moment, for nothing stops the services while they are asked one after the other:
// ask the order service before and after the others.
type World struct {
	Before, After []orders.Book
	Holdings      inventory.Holdings
	Accounts      []payments.Account
	Assignments   []delivery.Assignment
}

// Report is the judgement.
type Report struct {
	// Orders is how many the order service knows; Open how many of them were neither confirmed nor cancelled while it was asked, those
	// that are being called off among them; CalledOff how many were cancelled after they had been confirmed.
	Orders    int `json:"orders"`
	Open      int `json:"open"`
	CalledOff int `json:"called_off"`
	// Violations are sorted by order and rule; never nil, so that JSON has an array.
	Violations []Violation `json:"violations"`
}

// Violation is a rule that does not hold.
type Violation struct {
	// Order is the order's id; the payment's reference where money has no order; empty where the rule is about a dish.
	Order string `json:"order"`
	// Rule is one of [Rules].
	Rule string `json:"rule"`
	// Detail says what was found.
	Detail string `json:"detail"`
}

// Rules lists the names of all rules.
func Rules() []string {
	names := []string{sharedPayment, orphanMoney, orphanStock, orphanDriver, stockAddsUp}
	for _, r := range orderRules() {
		names = append(names, r.name)
	}
	return names
}

// Judge applies every rule. Orders that changed while the services were asked count as open, and open orders are judged only by
// what must never be, such as two authorizations.
func Judge(w World) Report {
	report := Report{Violations: []Violation{}}
	books := settled(w.Before, w.After)
	report.Orders = len(books)
	c := newCases(w)
	for _, book := range books {
		if book.State == created || book.State == cancelling {
			report.Open++
		}
		if wasCalledOff(book) {
			report.CalledOff++
		}
		report.Violations = append(report.Violations, c.judge(book)...)
	}
	report.Violations = append(report.Violations, c.orphans()...)
	report.Violations = append(report.Violations, stock(w.Holdings)...)
	slices.SortStableFunc(report.Violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Rule, b.Rule))
	})
	return report
}

// The words of [orders.Book.State].
const (
	created    = "created"
	confirmed  = "confirmed"
	cancelling = "cancelling"
	cancelled  = "cancelled"
)

// settled takes each order as it was after, and as open where it was not the same before.
func settled(before, after []orders.Book) []orders.Book {
	was := make(map[string]string, len(before))
	for _, book := range before {
		was[book.OrderID] = book.State
	}
	books := slices.Clone(after)
	for n := range books {
		if was[books[n].OrderID] != books[n].State {
			books[n].State = created
		}
	}
	return books
}
