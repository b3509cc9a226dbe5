package checkout

import "time"

// PlacementFailure is the schema's interface: why an order cannot be placed.
type PlacementFailure interface{ IsPlacementFailure() }

// Failure holds what every PlacementFailure says.
type Failure struct {
	// Message is for the customer, in plain words.
	Message string `json:"message"`
	// Retryable says whether the same cart, with a new key, can succeed later.
	Retryable bool `json:"retryable"`
}

// IsPlacementFailure marks what embeds Failure as a PlacementFailure.
func (Failure) IsPlacementFailure() {}

// OutOfStock says that some dishes are sold out or too few are left.
type OutOfStock struct {
	Failure
	Items []OutOfStockItem `json:"items"`
}

// OutOfStockItem is a dish of which too few are left.
type OutOfStockItem struct {
	ItemID    string `json:"itemId"`
	Available int32  `json:"available"`
}

// ItemsUnavailable says that some dishes or options are not on the menu.
type ItemsUnavailable struct {
	Failure
	ItemIDs []string `json:"itemIds"`
}

// PriceChanged says that the price is not the one that the customer agreed to.
type PriceChanged struct {
	Failure
	Quote Quote `json:"quote"`
}

// PaymentDeclined says that the bank or the wallet said no.
type PaymentDeclined struct{ Failure }

// AddressNotFound says that the address was not found, or not surely enough.
type AddressNotFound struct {
	Failure
	Suggestions []string `json:"suggestions"`
}

// OutsideDeliveryArea says that the restaurant does not deliver to that place.
type OutsideDeliveryArea struct{ Failure }

// NoDriver says that no driver was free.
type NoDriver struct{ Failure }

// RestaurantClosed says that the restaurant takes no orders at this time.
type RestaurantClosed struct {
	Failure
	OpensAt *time.Time `json:"opensAt,omitempty"`
}

// ActionExpired says that the customer did not act in time, or the bank did not accept what they did.
type ActionExpired struct{ Failure }

// TimedOut says that a service did not answer in time, so the order was undone.
type TimedOut struct{ Failure }
