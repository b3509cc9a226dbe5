package checkout

import (
	"io"
	"time"

	"tiffin/internal/storefront"
)

// CartInput is the schema's input: what to order, from where, to where.
type CartInput struct {
	RestaurantID string                 `json:"restaurantId"`
	Lines        []CartLineInput        `json:"lines"`
	Fulfilment   FulfilmentInput        `json:"fulfilment"`
	Tip          *storefront.MoneyInput `json:"tip,omitempty"`
}

// CartLineInput is the schema's input: a dish and how many of it.
type CartLineInput struct {
	ItemID   string              `json:"itemId"`
	Quantity int32               `json:"quantity"`
	Options  []OptionChoiceInput `json:"options,omitempty"`
	Note     *string             `json:"note,omitempty"`
}

// OptionChoiceInput is the schema's input: a choice from an option group.
type OptionChoiceInput struct {
	GroupID  string `json:"groupId"`
	OptionID string `json:"optionId"`
}

// FulfilmentInput is the schema's @oneOf input: exactly one field is given.
type FulfilmentInput struct {
	Delivery *DeliveryInput `json:"delivery,omitempty"`
}

// DeliveryInput is the schema's input: where to bring the meal, and to whom.
type DeliveryInput struct {
	Address        string                  `json:"address"`
	Pin            *storefront.Coordinates `json:"pin,omitempty"`
	RecipientName  string                  `json:"recipientName"`
	RecipientPhone *string                 `json:"recipientPhone,omitempty"`
	Instructions   *string                 `json:"instructions,omitempty"`
	RequestedFor   *time.Time              `json:"requestedFor,omitempty"`
}

// PlaceOrderInput is the schema's input: an order to be placed.
type PlaceOrderInput struct {
	IdempotencyKey string                `json:"idempotencyKey"`
	Cart           CartInput             `json:"cart"`
	ExpectedTotal  storefront.MoneyInput `json:"expectedTotal"`
	QuoteID        *string               `json:"quoteId,omitempty"`
	Payment        PaymentMethodInput    `json:"payment"`
}

// PaymentMethodInput is the schema's @oneOf input: exactly one field is given.
type PaymentMethodInput struct {
	Card   *CardInput   `json:"card,omitempty"`
	Wallet *WalletInput `json:"wallet,omitempty"`
}

// CardInput is the schema's input: a card, by token.
type CardInput struct {
	Token string `json:"token"`
}

// WalletInput is the schema's input: a wallet, by token.
type WalletInput struct {
	Provider WalletProvider `json:"provider"`
	Token    string         `json:"token"`
}

// WalletProvider is the schema's enum.
type WalletProvider string

// The members of WalletProvider.
const (
	WalletApplePay  WalletProvider = "APPLE_PAY"
	WalletGooglePay WalletProvider = "GOOGLE_PAY"
)

// WalletProviders lists the members.
func WalletProviders() []WalletProvider { return []WalletProvider{WalletApplePay, WalletGooglePay} }

// MarshalGQL writes the member.
func (p WalletProvider) MarshalGQL(w io.Writer) { storefront.WriteEnum(w, p, "", WalletProviders()) }

// UnmarshalGQL refuses what is no member.
func (p *WalletProvider) UnmarshalGQL(v any) error {
	return storefront.ReadEnum(p, v, WalletProviders())
}
