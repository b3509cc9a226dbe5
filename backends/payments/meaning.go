package payments

import (
	"net/url"

	"tiffin/backends/xmlapi"
	"tiffin/internal/storefront"
)

// The outcomes of an authorization.
const (
	outcomeApproved       = "APPROVED"
	outcomeDeclined       = "DECLINED"
	outcomeActionRequired = "ACTION_REQUIRED"
)

// payment says what became of the authorization that the answer is for.
func (r authorizeResponse) payment(asked Authorization) (Payment, error) {
	if err := confirms(r.MerchantRef, asked.Ref, r.Amount, asked.Amount); err != nil {
		return Payment{}, err
	}
	none := storefront.Money{Currency: asked.Amount.Currency}
	payment := Payment{Authorized: none, Captured: none, Refunded: none, AuthorizationID: text(r.AuthorizationID)}
	switch r.Outcome {
	case outcomeApproved:
		payment.Status, payment.Authorized = PaymentStatusAuthorized, asked.Amount
		return payment, require(payment.AuthorizationID != "", "the authorization was approved without an id")
	case outcomeActionRequired:
		payment.Status = PaymentStatusActionRequired
		action, err := requiredAction(r.ChallengeURL, r.ExpiresAt)
		payment.Action = action
		return payment, err
	case outcomeDeclined:
		return Payment{}, declined(text(r.Reason))
	}
	return Payment{}, broken("the authorization has an outcome that the contract does not know")
}

// confirms requires that an answer is about our reference and amount.
func confirms(gotRef xmlapi.Token, ref string, got amount, want storefront.Money) error {
	if err := confirmsRef(gotRef, ref); err != nil {
		return err
	}
	moved, err := got.money()
	if err != nil {
		return err
	}
	return require(moved == want, "the answer is about another amount")
}

func confirmsRef(got xmlapi.Token, ref string) error {
	return require(string(got) == ref, "the answer is about another reference")
}

// payment says how a payment stands.
func (p paymentElement) payment() (Payment, error) {
	payment := Payment{Status: status(p.Status), AuthorizationID: text(p.AuthorizationID)}
	for _, sum := range []struct {
		into *storefront.Money
		from amount
	}{{&payment.Authorized, p.Authorized}, {&payment.Captured, p.Captured}, {&payment.Refunded, p.Refunded}} {
		read, err := sum.from.money()
		if err != nil {
			return Payment{}, err
		}
		*sum.into = read
	}
	if payment.Captured.Currency != payment.Authorized.Currency || payment.Refunded.Currency != payment.Authorized.Currency {
		return Payment{}, broken("the sums of a payment are of different currencies")
	}
	if payment.Status != PaymentStatusActionRequired {
		return payment, nil
	}
	action, err := requiredAction(p.ChallengeURL, p.ExpiresAt)
	payment.Action = action
	return payment, err
}

// status is the schema's word for the service's. A challenge that nobody answered is a no.
func status(word xmlapi.Token) PaymentStatus {
	switch word {
	case "PENDING", "ACTION_REQUIRED", "AUTHORIZED", "CAPTURED", "VOIDED", "DECLINED", "REFUNDED":
		return PaymentStatus(word)
	case "EXPIRED":
		return PaymentStatusDeclined
	case "PARTIALLY_REFUNDED":
		return PaymentStatusRefunded
	}
	return PaymentStatusUnknown
}

// requiredAction is complete, and its URL one that a browser may be sent to.
func requiredAction(at *xmlapi.Token, expires *xmlapi.DateTime) (*RequiredAction, error) {
	if at == nil || expires == nil {
		return nil, broken("an action is required without a URL or an expiry")
	}
	target, err := url.Parse(string(*at))
	if err != nil || target.Host == "" || target.Scheme != "https" && target.Scheme != "http" {
		return nil, broken("an action is required at what is no absolute web address")
	}
	return &RequiredAction{URL: target.String(), ExpiresAt: expires.Time}, nil
}

// money reads a sum: zero or more, exactly.
func (a amount) money() (storefront.Money, error) {
	money, err := storefront.ParseMoney(string(a.Value), storefront.Currency(a.Currency))
	if err == nil && money.Minor >= 0 {
		return money, nil
	}
	return storefront.Money{}, broken("an amount is negative, of no known currency, or no decimal that it can hold")
}

func require(ok bool, why string) error {
	if ok {
		return nil
	}
	return broken(why)
}

// text is empty for an element that is nil.
func text[T ~string](element *T) string {
	if element == nil {
		return ""
	}
	return string(*element)
}
