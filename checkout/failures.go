package checkout

import (
	"errors"

	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
)

// failure says why an order is undone, from the error that turned it.
func (s *saga) failure(err error) PlacementFailure {
	doubt := new(doubtError)
	switch {
	case errors.Is(err, errActionExpired):
		return actionExpired()
	case !errors.As(err, &doubt):
		return s.refusal(err)
	case s.state == AwaitingCustomer && s.expired():
		return actionExpired()
	case s.searching:
		return noDriver()
	default:
		return timedOut()
	}
}

// refusal says why a service refused. A bare refusal is one that the contract gives no type; what it means follows from the step.
func (s *saga) refusal(err error) PlacementFailure {
	if typed := refusal(err, s.request.Found); typed != nil {
		return typed
	}
	switch s.state {
	case Ordered:
		return itemsUnavailable(s.request.Cart.itemIDs())
	case Reserved, Capturing:
		return paymentDeclined()
	case Authorized:
		return noDriver()
	default: // the order service knows the order as cancelled: an earlier run of ours undid it
		return timedOut()
	}
}

// refusal gives a service's typed refusal in the words of the schema; nil for any other error.
func refusal(err error, f found) PlacementFailure {
	var (
		price    *orders.PriceChangedError
		items    *orders.ItemsUnavailableError
		closed   *orders.RestaurantClosedError
		stock    *inventory.OutOfStockError
		declined *payments.DeclinedError
		area     *delivery.OutsideAreaError
		driver   *delivery.NoDriverError
	)
	switch {
	case errors.As(err, &price):
		return priceChanged(newQuote(price.Price, f))
	case errors.As(err, &items):
		return itemsUnavailable(items.ItemIDs)
	case errors.As(err, &closed):
		return &RestaurantClosed{Failure{"The restaurant takes no orders at the moment.", true}, closed.OpensAt}
	case errors.As(err, &stock):
		return outOfStock(stock.Shortages)
	case errors.As(err, &declined):
		return paymentDeclined()
	case errors.As(err, &area):
		return &OutsideDeliveryArea{Failure{"The restaurant does not deliver to this address.", false}}
	case errors.As(err, &driver):
		return noDriver()
	default:
		return nil
	}
}

func outOfStock(shortages []inventory.Shortage) PlacementFailure {
	out := &OutOfStock{Failure: Failure{"Some dishes are sold out, or too few are left.", true}, Items: make([]OutOfStockItem, 0, len(shortages))}
	for _, shortage := range shortages {
		out.Items = append(out.Items, OutOfStockItem(shortage))
	}
	return out
}

func itemsUnavailable(ids []string) PlacementFailure {
	return &ItemsUnavailable{Failure{"Some dishes or options are not on the restaurant's menu.", false}, ids}
}

func priceChanged(now Quote) PlacementFailure {
	return &PriceChanged{Failure{"The price has changed.", true}, now}
}

func paymentDeclined() PlacementFailure {
	return &PaymentDeclined{Failure{"The payment was declined. Nothing was charged.", true}}
}

func addressNotFound(suggestions []string) PlacementFailure {
	return &AddressNotFound{Failure{"The address was not found. Check the street and the number.", false}, suggestions}
}

func noDriver() PlacementFailure {
	return &NoDriver{Failure{"No driver is free at the moment. Nothing was charged.", true}}
}

func actionExpired() PlacementFailure {
	return &ActionExpired{Failure{"The payment was not approved in time. Nothing was charged.", true}}
}

func timedOut() PlacementFailure {
	return &TimedOut{Failure{"The order could not be placed in time. Nothing was charged.", true}}
}
