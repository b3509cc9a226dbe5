package payments

import (
	"slices"
	"sync"
	"time"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/seed"
	"tiffin/internal/demo/stage"
	"tiffin/internal/storefront"
)

// ledger is all payments by reference. It grows with the orders of the demo and forgets none, for the audit asks about all.
type ledger struct {
	now          func() time.Time
	challengeTTL time.Duration
	promises     *stage.Promises

	mu    sync.Mutex
	byRef map[string]*account
}

func newLedger(now func() time.Time, challengeTTL time.Duration, past []seed.Order, promises *stage.Promises) *ledger {
	l := &ledger{now: now, challengeTTL: challengeTTL, promises: promises, byRef: make(map[string]*account, len(past))}
	for _, order := range past {
		l.byRef[order.Ref] = pastAccount(order)
	}
	return l
}

// pastAccount is the payment of an order from before the start: captured, or given back as far as it had come.
func pastAccount(order seed.Order) *account {
	a := &account{ref: order.Ref, currency: catalogue.Currency, asked: order.TotalMinor}
	a.authorize()
	confirmed := slices.ContainsFunc(order.Timeline, func(e seed.Event) bool { return e.Status == "confirmed" })
	if order.Status == "cancelled" && !confirmed {
		_, _ = a.void() // nothing was captured: it cannot be refused
		return a
	}
	_ = a.capture(a.money(a.asked), false) // what was authorized can be captured
	if order.Status == "cancelled" {
		_ = a.refund(a.money(a.captured)) // what was captured can be refunded
	}
	return a
}

// with runs change on a payment and returns it as it is then; false where there is none.
func (l *ledger) with(ref string, change func(*account) error) (after account, found bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.byRef[ref]
	if a == nil {
		return account{}, false, nil
	}
	a.settle(l.now())
	err = change(a)
	return *a, true, err
}

// find returns a payment as it is now.
func (l *ledger) find(ref string) (account, bool) {
	found, ok, _ := l.with(ref, func(*account) error { return nil })
	return found, ok
}

// authorize asks the bank, once per reference: asked again, it tells how that payment stands.
func (l *ledger) authorize(ref string, amount storefront.Money, says verdict) (account, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.byRef[ref]
	if a == nil {
		a = &account{ref: ref, currency: amount.Currency, asked: amount.Minor}
		l.byRef[ref] = a
	}
	if l.opens(a, amount) {
		says.apply(a, l.now().Add(l.challengeTTL))
	}
	a.settle(l.now())
	switch {
	case a.status == voided:
		return *a, refuse("VOIDED", "The reference was voided.")
	case a.money(a.asked) != amount:
		return *a, refuse("REFERENCE_REUSED", "The reference stands for another amount.")
	}
	return *a, nil
}

// opens reports whether the bank is asked: about a payment that is new, and again by a service that forgets what it was asked, or what
// was voided.
func (l *ledger) opens(a *account, amount storefront.Money) bool {
	kept := l.promises.Kept()
	return a.status == "" || (a.status == authorized && l.promises.Forgets() && a.money(a.asked) == amount) || (a.status == voided && !kept.Tombstones)
}

// void leaves a tombstone where there is nothing to void, so that an authorization which is still on its way is refused.
func (l *ledger) void(ref string) (after account, released storefront.Money, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.byRef[ref]
	if a == nil {
		a = &account{ref: ref, currency: catalogue.Currency}
		if l.promises.Kept().Tombstones {
			l.byRef[ref] = a
		}
	}
	a.settle(l.now())
	released, err = a.void()
	return *a, released, err
}

// accounts is the audit's view.
func (l *ledger) accounts() []Account {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Account, 0, len(l.byRef))
	for _, a := range l.byRef {
		all = append(all, Account{
			Ref: a.ref, Authorizations: a.authorizations, Captures: a.captures,
			HeldMinor: a.held(), CapturedMinor: a.captured, RefundedMinor: a.refunded, Currency: string(a.currency),
		})
	}
	return all
}
