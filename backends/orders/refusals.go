package orders

import (
	"time"

	"tiffin/fault"
)

// PriceChangedError is the refusal of an order whose price is not the expected one.
type PriceChangedError struct {
	*fault.Refused
	// Price is what the cart costs now.
	Price PricedCart
}

// Unwrap gives the refusal.
func (e *PriceChangedError) Unwrap() error { return e.Refused }

// ItemsUnavailableError is the refusal of a cart with dishes or options that are not on the restaurant's menu.
type ItemsUnavailableError struct {
	*fault.Refused
	ItemIDs []string
}

// Unwrap gives the refusal.
func (e *ItemsUnavailableError) Unwrap() error { return e.Refused }

// KitchenStartedError is the refusal of a recall that comes too late.
type KitchenStartedError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *KitchenStartedError) Unwrap() error { return e.Refused }

// RecalledError is the refusal of a recall of an order that somebody else recalled or cancelled.
type RecalledError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *RecalledError) Unwrap() error { return e.Refused }

// RestaurantClosedError is the refusal of a cart for a restaurant that takes no orders at this time.
type RestaurantClosedError struct {
	*fault.Refused
	// OpensAt is nil where the service does not tell.
	OpensAt *time.Time
}

// Unwrap gives the refusal.
func (e *RestaurantClosedError) Unwrap() error { return e.Refused }
