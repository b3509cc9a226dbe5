package app

import "tiffin/checkout"

// promises are what the services that orders are written to declare.
func (s Services) promises() checkout.PromisesOf {
	return checkout.PromisesOf{Orders: s.Orders.Promises, Inventory: s.Inventory.Promises, Payments: s.Payments.Promises, Delivery: s.Delivery.Promises}
}

// honourKeys says of each service whether its chain may repeat a write by its key.
func (s Services) honourKeys() map[string]bool {
	honour := map[string]bool{}
	for _, service := range s.all() {
		honour[service.name] = service.Calls.HonoursKeys
	}
	return honour
}
