// Package payments is the typed client of the payment service: legacy XML over HTTP, in a namespace, with decimals as text, dates
// without zone and faults under HTTP 200 (payments.xsd). wire.go is the one file that knows its documents, meaning.go what they say.
package payments

import (
	"io"
	"time"

	"tiffin/internal/storefront"
)

// Service is the name that this service has in configuration, errors and telemetry.
const Service = "payments"

// Payment is the money of an order as the payment service accounts for it.
type Payment struct {
	Status     PaymentStatus
	Authorized storefront.Money
	Captured   storefront.Money
	Refunded   storefront.Money
	// Action is what the bank wants of the customer; nil unless Status is ACTION_REQUIRED.
	Action *RequiredAction
	// AuthorizationID is the service's own; empty before an authorization.
	AuthorizationID string
}

// RequiredAction is something the customer must do for the bank.
type RequiredAction struct {
	URL       string
	ExpiresAt time.Time
}

// PaymentStatus is the schema's enum.
type PaymentStatus string

// The members of PaymentStatus.
const (
	PaymentStatusPending        PaymentStatus = "PENDING"
	PaymentStatusActionRequired PaymentStatus = "ACTION_REQUIRED"
	PaymentStatusAuthorized     PaymentStatus = "AUTHORIZED"
	PaymentStatusCaptured       PaymentStatus = "CAPTURED"
	PaymentStatusVoided         PaymentStatus = "VOIDED"
	PaymentStatusDeclined       PaymentStatus = "DECLINED"
	PaymentStatusRefunded       PaymentStatus = "REFUNDED"
	PaymentStatusUnknown        PaymentStatus = "UNKNOWN"
)

// PaymentStatuses lists the members.
func PaymentStatuses() []PaymentStatus {
	return []PaymentStatus{
		PaymentStatusPending, PaymentStatusActionRequired, PaymentStatusAuthorized, PaymentStatusCaptured, PaymentStatusVoided, PaymentStatusDeclined,
		PaymentStatusRefunded, PaymentStatusUnknown,
	}
}

// MarshalGQL writes the member, UNKNOWN for anything else.
func (s PaymentStatus) MarshalGQL(w io.Writer) {
	storefront.WriteEnum(w, s, PaymentStatusUnknown, PaymentStatuses())
}

// UnmarshalGQL refuses what is no member.
func (s *PaymentStatus) UnmarshalGQL(v any) error {
	return storefront.ReadEnum(s, v, PaymentStatuses())
}

// Authorization asks to hold an amount.
type Authorization struct {
	// Ref is ours (MerchantRef) and names the payment in every later call.
	Ref    string
	Amount storefront.Money
	// Method says what Token is: "card", "apple_pay", "google_pay".
	Method string
	Token  string
}
