package orders

import (
	"tiffin/internal/demo/catalogue"
)

// Book is what the service holds of one order, for the audit.
type Book struct {
	OrderID, PaymentRef string
	// State is "created", "confirmed", "cancelling" or "cancelled"; what comes after confirmed in the kitchen counts as confirmed.
	State string
	// ConfirmedOnce stays true when the order is cancelled later.
	ConfirmedOnce bool
	// TotalMinor is in minor units of Currency.
	TotalMinor int64
	Currency   string
	// Lines are quantities by item.
	Lines map[string]int
}

// Books lists every order, oldest first. An order that was cancelled before it came is none.
func (s *Service) Books() []Book {
	s.mu.Lock()
	defer s.mu.Unlock()
	orders := s.shelf.lists[everybody]
	books := make([]Book, len(orders))
	for n, o := range orders {
		books[n] = o.book()
	}
	return books
}

func (o *order) book() Book {
	b := Book{
		OrderID: o.ref, PaymentRef: o.paymentRef, State: o.state(), ConfirmedOnce: o.was(confirmed),
		TotalMinor: o.price.total, Currency: string(catalogue.Currency), Lines: map[string]int{},
	}
	for _, line := range o.price.lines {
		b.Lines[line.item] += line.quantity
	}
	return b
}

func (o *order) state() string {
	switch status := o.status(); status {
	case created, recalled, cancelled:
		return status
	default:
		return confirmed
	}
}
