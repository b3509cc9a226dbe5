package checkout

import (
	"fmt"
	"slices"
)

// checkCart checks the cart that the client sent as argument path.
func checkCart(path string, cart CartInput) error {
	c := &checker{}
	c.cart(path, cart)
	return c.fault()
}

// checkOrder checks a whole placeOrder.
func checkOrder(in PlaceOrderInput) error {
	c := &checker{}
	c.visible("input.idempotencyKey", in.IdempotencyKey, maxKey)
	c.cart("input.cart", in.Cart)
	total := c.money("input.expectedTotal", in.ExpectedTotal, 1, "more than 0")
	if in.Cart.Tip != nil && in.Cart.Tip.Currency != total.Currency {
		c.refuse("input.expectedTotal.currency", "must be that of input.cart.tip")
	}
	if in.QuoteID != nil {
		c.visible("input.quoteId", *in.QuoteID, maxID)
	}
	c.payment("input.payment", in.Payment)
	return c.fault()
}

func (c *checker) cart(path string, cart CartInput) {
	c.visible(path+".restaurantId", cart.RestaurantID, maxID)
	if n := len(cart.Lines); n < 1 || n > maxLines {
		c.refuse(path+".lines", "must have 1 to %d entries", maxLines)
	} else {
		c.lines(path+".lines", cart.Lines)
	}
	if cart.Tip != nil {
		c.money(path+".tip", *cart.Tip, 0, "0 or more")
	}
	c.delivery(path+".fulfilment", cart.Fulfilment.Delivery)
}

func (c *checker) lines(path string, lines []CartLineInput) {
	for n, line := range lines {
		c.line(fmt.Sprintf("%s[%d]", path, n), line)
	}
	for _, m := range mergeLines(lines) {
		if m.summed > 1 && m.quantity > maxQuantity {
			c.refuse(fmt.Sprintf("%s[%d].quantity", path, m.first), "must be at most %d together with the lines that are equal to it", maxQuantity)
		}
	}
}

func (c *checker) line(path string, line CartLineInput) {
	c.visible(path+".itemId", line.ItemID, maxID)
	if line.Quantity < 1 || line.Quantity > maxQuantity {
		c.refuse(path+".quantity", "must be 1 to %d", maxQuantity)
	}
	if len(line.Options) > maxOptions {
		c.refuse(path+".options", "must have at most %d entries", maxOptions)
		return
	}
	for n, option := range line.Options {
		c.visible(fmt.Sprintf("%s.options[%d].groupId", path, n), option.GroupID, maxID)
		c.visible(fmt.Sprintf("%s.options[%d].optionId", path, n), option.OptionID, maxID)
	}
	if line.Note != nil {
		c.prose(path+".note", *line.Note, 0, maxNote)
	}
}

// delivery also enforces @oneOf, which gqlgen does not.
func (c *checker) delivery(path string, in *DeliveryInput) {
	if in == nil {
		c.refuse(path, "must have exactly one field")
		return
	}
	path += ".delivery"
	c.prose(path+".address", in.Address, minAddress, maxAddress)
	if in.Pin != nil && !in.Pin.Valid() {
		c.refuse(path+".pin", "must have a latitude of -90 to 90 and a longitude of -180 to 180")
	}
	c.prose(path+".recipientName", in.RecipientName, 1, maxRecipient)
	if in.RecipientPhone != nil {
		c.phone(path+".recipientPhone", *in.RecipientPhone)
	}
	if in.Instructions != nil {
		c.prose(path+".instructions", *in.Instructions, 0, maxInstructions)
	}
}

// payment also enforces @oneOf, which gqlgen does not.
func (c *checker) payment(path string, in PaymentMethodInput) {
	switch {
	case (in.Card == nil) == (in.Wallet == nil):
		c.refuse(path, "must have exactly one field")
	case in.Card != nil:
		c.visible(path+".card.token", in.Card.Token, maxToken)
	default:
		c.visible(path+".wallet.token", in.Wallet.Token, maxToken)
		if !slices.Contains(WalletProviders(), in.Wallet.Provider) {
			c.refuse(path+".wallet.provider", "must be one of %v", WalletProviders())
		}
	}
}
