package payments

import (
	"strings"

	"tiffin/backends/xmlapi"
	"tiffin/internal/storefront"
)

// The documents of payments.xsd, each named after its element; elements that the client has no use for are left out. A pointer is an
// element that can be nil. What the documents mean is in meaning.go.

type authorizeRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 AuthorizeRequest"`
	MerchantRef string
	Amount      amount
	Instrument  instrument
}

type instrument struct{ Type, Token string }

type authorizeResponse struct {
	XMLName         struct{} `xml:"urn:tiffinpay:payments:v1 AuthorizeResponse"`
	MerchantRef     xmlapi.Token
	Outcome         xmlapi.Token
	Amount          amount
	AuthorizationID *xmlapi.Token `xml:"AuthorizationId"`
	Reason          *string
	ChallengeURL    *xmlapi.Token `xml:"ChallengeUrl"`
	ExpiresAt       *xmlapi.DateTime
}

type captureRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 CaptureRequest"`
	MerchantRef string
	Amount      amount
}

type captureResponse struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 CaptureResponse"`
	MerchantRef xmlapi.Token
	Amount      amount
}

type voidRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 VoidRequest"`
	MerchantRef string
}

type voidResponse struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 VoidResponse"`
	MerchantRef xmlapi.Token
}

type refundRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 RefundRequest"`
	MerchantRef string
	Amount      amount
}

type refundResponse struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 RefundResponse"`
	MerchantRef xmlapi.Token
	Amount      amount
}

type inquiryRequest struct {
	XMLName     struct{} `xml:"urn:tiffinpay:payments:v1 InquiryRequest"`
	MerchantRef string
}

type inquiryResponse struct {
	XMLName struct{} `xml:"urn:tiffinpay:payments:v1 InquiryResponse"`
	Payment paymentElement
}

type inquiriesRequest struct {
	XMLName      struct{} `xml:"urn:tiffinpay:payments:v1 InquiriesRequest"`
	MerchantRefs []string `xml:"MerchantRef"`
}

type inquiriesResponse struct {
	XMLName  struct{}         `xml:"urn:tiffinpay:payments:v1 InquiriesResponse"`
	Payments []paymentElement `xml:"Payment"`
}

type paymentElement struct {
	MerchantRef     xmlapi.Token
	Status          xmlapi.Token
	Authorized      amount
	Captured        amount
	Refunded        amount
	AuthorizationID *xmlapi.Token `xml:"AuthorizationId"`
	ChallengeURL    *xmlapi.Token `xml:"ChallengeUrl"`
	ExpiresAt       *xmlapi.DateTime
}

// amount is decimal text in a currency: <Amount currency="EUR">12.50</Amount>.
type amount struct {
	Currency string       `xml:"currency,attr"`
	Value    xmlapi.Token `xml:",chardata"`
}

func wireAmount(m storefront.Money) amount {
	return amount{string(m.Currency), xmlapi.Token(m.Amount())}
}

func (a Authorization) wire() authorizeRequest {
	return authorizeRequest{
		MerchantRef: a.Ref,
		Amount:      wireAmount(a.Amount),
		Instrument:  instrument{Type: strings.ToUpper(a.Method), Token: a.Token},
	}
}
