package payments

import (
	"time"

	"tiffin/internal/storefront"
)

// The documents of payments.xsd, each named after its element.

type authorizeRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 AuthorizeRequest"`
	MerchantRef string
	Amount      amount
	Instrument  instrument
}

type instrument struct{ Type, Token string }

type authorizeResponse struct {
	XMLName         struct{} `xml:"urn:tiffinpay:payments:v1 AuthorizeResponse"`
	MerchantRef     string
	Outcome         string
	Amount          amount
	AuthorizationID optional `xml:"AuthorizationId"`
	Reason          optional
	ChallengeURL    optional `xml:"ChallengeUrl"`
	ExpiresAt       optional
}

type captureRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 CaptureRequest"`
	MerchantRef string
	Amount      amount
}

type captureResponse struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 CaptureResponse"`
	MerchantRef string
	CaptureID   string `xml:"CaptureId"`
	Amount      amount
}

type voidRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 VoidRequest"`
	MerchantRef string
}

type voidResponse struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 VoidResponse"`
	MerchantRef string
	Released    amount
}

type refundRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 RefundRequest"`
	MerchantRef string
	Amount      amount
}

type refundResponse struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 RefundResponse"`
	MerchantRef string
	RefundID    string `xml:"RefundId"`
	Amount      amount
}

type inquiryRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 InquiryRequest"`
	MerchantRef string
}

type inquiryResponse struct {
	XMLName struct{} `xml:"urn:tiffinpay:payments:v1 InquiryResponse"`
	Payment payment
}

type inquiriesRequest struct {
	XMLName      struct{} `xml:"urn:tiffinpay:payments:v1 InquiriesRequest"`
	MerchantRefs []string `xml:"MerchantRef"`
}

type inquiriesResponse struct {
	XMLName  struct{}  `xml:"urn:tiffinpay:payments:v1 InquiriesResponse"`
	Payments []payment `xml:"Payment"`
}

type payment struct {
	MerchantRef     string
	Status          status
	Authorized      amount
	Captured        amount
	Refunded        amount
	AuthorizationID optional `xml:"AuthorizationId"`
	ChallengeURL    optional `xml:"ChallengeUrl"`
	ExpiresAt       optional
}

type faultDocument struct {
	XMLName   struct{} `xml:"urn:tiffinpay:payments:v1 Fault"`
	Code      string
	Text      string
	Retryable bool
}

// amount is decimal text in a currency.
type amount struct {
	Currency string `xml:"currency,attr"`
	Value    string `xml:",chardata"`
}

func amountOf(m storefront.Money) amount { return amount{string(m.Currency), string(m.Amount())} }

// money reads an amount that something can be done with: more than zero.
func (a amount) money() (storefront.Money, error) {
	m, err := storefront.ParseMoney(a.Value, storefront.Currency(a.Currency))
	if err != nil || m.Minor <= 0 {
		return m, refuse("BAD_REQUEST", "An amount is more than zero, in decimals of its currency, such as 12.50 EUR.")
	}
	return m, nil
}

// optional is an element that is always there, with xsi:nil where it has no value.
type optional struct {
	Nil   string `xml:"http://www.w3.org/2001/XMLSchema-instance nil,attr,omitempty"`
	Value string `xml:",chardata"`
}

// orNil gives value where it is wanted.
func orNil(wanted bool, value string) optional {
	if !wanted {
		return optional{Nil: "true"}
	}
	return optional{Value: value}
}

// dateTime is the contract's: no zone, and UTC is meant.
func dateTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }
