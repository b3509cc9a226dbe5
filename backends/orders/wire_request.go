package orders

// The requests to the service.
type (
	wireCart struct {
		CustomerRef      string         `json:"customer_ref"`
		RestaurantRef    string         `json:"restaurant_ref"`
		Lines            []wireCartLine `json:"lines"`
		DeliveryQuoteRef string         `json:"delivery_quote_ref"`
		DeliveryFee      wireAmount     `json:"delivery_fee"`
		Tip              *wireAmount    `json:"tip,omitzero"`
	}
	wireCartLine struct {
		LineRef    string          `json:"line_ref"`
		ItemRef    string          `json:"item_ref"`
		Qty        int32           `json:"qty"`
		OptionRefs []wireOptionRef `json:"option_refs"`
		Remark     string          `json:"remark,omitzero"`
	}
	wireOptionRef struct {
		Group  string `json:"group"`
		Option string `json:"option"`
	}
	wireNewOrder struct {
		wireCart

		PaymentReference string     `json:"payment_reference"`
		QuoteRef         string     `json:"quote_ref,omitzero"`
		ExpectedTotal    wireAmount `json:"expected_total"`
	}
	wireCancel struct {
		Reason string `json:"reason"`
	}
	wireRecall struct {
		RecallRef string `json:"recall_ref"`
	}
)

func toWireCart(cart Cart) wireCart {
	out := wireCart{
		CustomerRef: cart.CustomerID, RestaurantRef: cart.RestaurantID, Lines: make([]wireCartLine, len(cart.Lines)),
		DeliveryQuoteRef: cart.DeliveryQuoteID, DeliveryFee: fromMoney(cart.DeliveryFee),
	}
	for n, line := range cart.Lines {
		out.Lines[n] = toWireCartLine(line)
	}
	if cart.Tip != nil {
		tip := fromMoney(*cart.Tip)
		out.Tip = &tip
	}
	return out
}

func toWireCartLine(line CartLine) wireCartLine {
	out := wireCartLine{LineRef: line.ID, ItemRef: line.ItemID, Qty: line.Quantity, Remark: line.Note}
	for _, o := range line.Options {
		out.OptionRefs = append(out.OptionRefs, wireOptionRef{o.GroupID, o.OptionID})
	}
	return out
}

func toWireNewOrder(order NewOrder) wireNewOrder {
	return wireNewOrder{
		wireCart: toWireCart(order.Cart), PaymentReference: order.PaymentRef, QuoteRef: order.QuoteID,
		ExpectedTotal: fromMoney(order.ExpectedTotal),
	}
}
