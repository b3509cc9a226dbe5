package payments

import (
	"fmt"
	"time"

	"tiffin/internal/storefront"
)

// status is where a payment stands, in the contract's words.
type status string

const (
	actionRequired status = "ACTION_REQUIRED"
	authorized     status = "AUTHORIZED"
	captured       status = "CAPTURED"
	voided         status = "VOIDED"
	declined       status = "DECLINED"
	expired        status = "EXPIRED"
	partlyRefunded status = "PARTIALLY_REFUNDED"
	refunded       status = "REFUNDED"
)

// account is one payment. Its sums are in minor units of currency.
type account struct {
	ref      string
	currency storefront.Currency
	// asked is what the authorization was asked for; 0 where only a void came.
	asked  int64
	status status
	// reason is the bank's, where it declined.
	reason string
	// expires is when an answer to the challenge comes too late.
	expires time.Time
	// lapses: the bank will refuse the capture.
	lapses bool

	authorized, captured, refunded    int64
	authorizations, captures, refunds int
}

// settle ends a challenge that nobody answered in time.
func (a *account) settle(now time.Time) {
	if a.status == actionRequired && !now.Before(a.expires) {
		a.status, a.reason = expired, "the customer did not answer in time"
	}
}

// authorize holds what was asked for.
func (a *account) authorize() {
	a.status, a.authorized = authorized, a.asked
	a.authorizations++
}

// decline ends a payment that holds nothing.
func (a *account) decline(reason string) { a.status, a.reason = declined, reason }

// capture takes an amount of what is held, once, unless the service forgets that it has. What is not taken is not held any longer.
func (a *account) capture(amount storefront.Money, forgets bool) error {
	switch {
	case a.captures > 0 && a.money(a.captured) == amount && forgets:
		a.captured += amount.Minor
		a.captures++
		return nil
	case a.captures > 0 && a.money(a.captured) == amount:
		return nil
	case a.captures > 0:
		return refuse("AMOUNT_MISMATCH", "Another amount was captured before.")
	case a.status != authorized:
		return refuse("NO_AUTHORIZATION", "Nothing is held under this reference.")
	case a.lapses:
		return refuse("CAPTURE_REFUSED", "The bank let the authorization lapse.")
	case amount.Currency != a.currency || amount.Minor > a.authorized:
		return refuse("CAPTURE_REFUSED", "The amount is more than was authorized, or of another currency.")
	}
	a.status, a.captured = captured, amount.Minor
	a.captures++
	return nil
}

// void gives up what is held and says how much that was. A payment that was declined stays declined.
func (a *account) void() (released storefront.Money, err error) {
	if a.captures > 0 {
		return released, refuse("ALREADY_CAPTURED", "The amount was captured; refund it.")
	}
	released = a.money(a.authorized)
	if a.status != declined && a.status != expired {
		a.status, a.authorized = voided, 0
	}
	return released, nil
}

// refund gives back an amount of what was captured.
func (a *account) refund(amount storefront.Money) error {
	if amount.Currency != a.currency || amount.Minor > a.captured-a.refunded {
		return refuse("REFUND_EXCEEDS", "Less than this was captured and not given back.")
	}
	a.refunded += amount.Minor
	a.refunds++
	a.status = partlyRefunded
	if a.refunded == a.captured {
		a.status = refunded
	}
	return nil
}

func (a *account) money(minor int64) storefront.Money {
	return storefront.Money{Minor: minor, Currency: a.currency}
}

// held is what the customer cannot spend, and the merchant has not got.
func (a *account) held() int64 {
	if a.status == authorized {
		return a.authorized
	}
	return 0
}

// The service's own ids.
func (a *account) authorizationID() string { return "AUT-" + a.ref }
func (a *account) captureID() string       { return "CAP-" + a.ref }
func (a *account) refundID() string        { return fmt.Sprintf("RFD-%s-%d", a.ref, a.refunds) }

// refusal is a definite no, in the contract's words.
type refusal struct{ code, text string }

func (r *refusal) Error() string { return r.code + ": " + r.text }

func refuse(code, text string) error { return &refusal{code, text} }
