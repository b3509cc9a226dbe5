package checkout

// Change names what an order on its way has changed in the services: whoever keeps answers about it must ask anew.
type Change struct {
	OrderID, PaymentRef, CustomerID, RestaurantID string
	// ItemIDs are the dishes whose stock was taken or given back.
	ItemIDs []string
}

func (s *saga) change() Change {
	return Change{
		OrderID: s.orderID(), PaymentRef: s.paymentRef(), CustomerID: s.request.Customer.id(),
		RestaurantID: s.request.Cart.RestaurantID, ItemIDs: s.request.Cart.itemIDs(),
	}
}
