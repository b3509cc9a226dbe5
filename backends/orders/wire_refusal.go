package orders

import (
	"errors"
	"fmt"
	"time"

	"tiffin/backends/rest"
	"tiffin/fault"
)

// wireRefusal has the members of all the service's refusals.
type wireRefusal struct {
	ItemRefs []string   `json:"item_refs"`
	OpensAt  *time.Time `json:"opens_at"`
	Quote    wireQuote  `json:"quote"`
}

// refusedCursor is the service's code for a cursor that it did not make.
const refusedCursor = "cursor_invalid"

// typed gives a refusal its type. One that is not in the contract is no refusal: it proves nothing.
func typed(err error) error {
	var problem *rest.Problem
	if !errors.As(err, &problem) {
		return err
	}
	switch problem.Refused.Reason {
	case "order_cancelled", "order_differs", "currency_not_supported", "not_confirmable", "not_cancellable", "not_recallable":
		return err
	case "kitchen_started":
		return &KitchenStartedError{problem.Refused}
	case "order_recalled":
		return &RecalledError{problem.Refused}
	case "price_changed", "items_unavailable", "restaurant_closed":
		var members wireRefusal
		if err := problem.Members(&members); err != nil {
			return err
		}
		return members.refusal(problem.Refused)
	}
	return fault.Broken(Service, fmt.Errorf("a refusal that is not in the contract: %v", err)) //nolint:errorlint // wrapped, it would be found as a refusal
}

func (w wireRefusal) refusal(refused *fault.Refused) error {
	switch refused.Reason {
	case "price_changed":
		price, err := w.Quote.pricedCart()
		if err != nil {
			return unusable("quote of price_changed", err)
		}
		return &PriceChangedError{refused, price}
	case "items_unavailable":
		if len(w.ItemRefs) == 0 {
			return unusable("items_unavailable", errors.New("item_refs is missing"))
		}
		return &ItemsUnavailableError{refused, w.ItemRefs}
	}
	return &RestaurantClosedError{refused, w.OpensAt}
}

// isRefused reports whether err is the service's refusal of that code.
func isRefused(err error, code string) bool {
	refused, ok := fault.AsRefused(err)
	return ok && refused.Reason == code
}
