package checkout

import (
	"context"
	"strconv"

	"tiffin/backends/delivery"
	"tiffin/backends/orders"
	"tiffin/fault"
	"tiffin/identity"
)

// Quote prices a cart: *Quote, or *QuoteRefused where the cart cannot be ordered. It only reads. Errors: UNAUTHENTICATED,
// BAD_USER_INPUT, and those of the services.
func (f *Flow) Quote(ctx context.Context, in CartInput) (QuoteResult, error) {
	who, ok := identity.From(ctx)
	if !ok {
		return nil, unauthenticated()
	}
	if err := checkCart("cart", in); err != nil {
		return nil, err
	}
	cart := newCart(in)
	found, refused, err := f.survey(ctx, cart)
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return &QuoteRefused{refused}, nil
	}
	if cart.Tip != nil && cart.Tip.Currency != found.DeliveryFee.Currency {
		return nil, wrongCurrency("cart.tip.currency", found.DeliveryFee.Currency)
	}
	price, err := f.orders.Price(fault.WithoutStale(ctx), cart.forOrders(who.ID(), found, quotedLine))
	if failure := refusal(err, found); failure != nil {
		return &QuoteRefused{failure}, nil
	}
	if err != nil {
		return nil, err
	}
	quote := newQuote(price, found)
	return &quote, nil
}

// quotedLine is the id of a line that belongs to no order.
func quotedLine(n int) string { return "lin_quote_" + strconv.Itoa(n) }

func newQuote(price orders.PricedCart, found found) Quote {
	q := Quote{ID: price.ID, Charges: price.Charges, Total: price.Total, ExpiresAt: price.ExpiresAt}
	if !found.ETA.IsZero() {
		q.ETA = &found.ETA
	}
	return q
}

// survey does the reads that come before anything is written: where the address is, and whether and for how much the meal can be
// brought there. A definite no is a PlacementFailure; an error means that it could not be found out.
func (f *Flow) survey(ctx context.Context, c cart) (found, PlacementFailure, error) {
	ctx, cancel := context.WithTimeout(fault.WithoutStale(ctx), f.cfg.CallTimeout) // nothing old may decide about money
	defer cancel()
	var out found
	refused, err := f.locate(ctx, c, &out)
	if refused != nil || err != nil {
		return out, refused, err
	}
	quote, err := f.delivery.Quote(ctx, delivery.QuoteRequest{RestaurantID: c.RestaurantID, Dropoff: out.Place, RequestedFor: c.RequestedFor})
	if failure := refusal(err, out); failure != nil {
		return out, failure, nil
	}
	if _, refused := fault.AsRefused(err); refused {
		return out, itemsUnavailable(c.itemIDs()), nil // the one bare refusal of the contract: there is no such restaurant
	}
	out.DeliveryQuoteID, out.DeliveryFee, out.ETA = quote.ID, quote.Fee, quote.ETA.UTC()
	return out, nil, err
}

// locate finds the place of the address. A pin wins over the address, so with one nothing is looked up.
func (f *Flow) locate(ctx context.Context, c cart, out *found) (PlacementFailure, error) {
	if c.Pin != nil {
		out.Place = *c.Pin
		return nil, nil //nolint:nilnil // neither refused nor failed
	}
	location, err := f.geocoding.Locate(ctx, c.Address)
	if err != nil {
		return nil, err
	}
	if location.Confidence < f.cfg.MinConfidence || !location.Coordinates.Valid() {
		return addressNotFound(location.Suggestions), nil
	}
	out.Place = location.Coordinates
	return nil, nil //nolint:nilnil // neither refused nor failed
}
