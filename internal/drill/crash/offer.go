//go:build unix

package crash

import (
	"context"
	"fmt"
)

// offer is something that customers order, for a price that they agreed to. internal/demo's magic values say what comes of it.
type offer struct {
	name             string
	restaurant, item string
	quantity         int
	address, token   string
	// total is what was agreed; the quoted one where it is empty.
	total string
	// decision is what the customer says on the bank's page, where there is one.
	decision string
	// hopeless can never be confirmed.
	hopeless bool
}

// offers are what is ordered, each as often as it stands here.
func offers() []*offer {
	return []*offer{
		{name: "plain", item: "itm_001_01", quantity: 2},
		{name: "plain", item: "itm_001_02", quantity: 1},
		{name: "plain", item: "itm_001_03", quantity: 5},
		{name: "other kitchen", restaurant: "res_002", item: "itm_002_03", quantity: 1},
		{name: "other kitchen", restaurant: "res_003", item: "itm_003_11", quantity: 3},
		{name: "slow bank", token: "tok_slow", quantity: 1},
		{name: "bank asks, yes", token: "tok_3ds", decision: "approve", quantity: 2},
		{name: "bank asks, yes", token: "tok_3ds", decision: "approve", item: "itm_001_04", quantity: 1},
		{name: "bank asks, no", token: "tok_3ds", decision: "decline", quantity: 1, hopeless: true},
		{name: "bank declines", token: "tok_declined", quantity: 2, hopeless: true},
		{name: "bank takes it back", token: "tok_capture_refused", quantity: 1, hopeless: true}, //nolint:gosec // G101: the demo's
		{name: "sold out", item: "itm_001_20", quantity: 1, hopeless: true},
		{name: "the last one", item: "itm_001_19", quantity: 1},
		{name: "other price", total: "1.00", quantity: 1, hopeless: true},
		{name: "no driver", address: "1 Lonely Road", quantity: 1, hopeless: true},
		{name: "late driver", address: "1 Slow Lane", quantity: 1},
		{name: "too far", address: "1 Far Island", total: "1.00", quantity: 1, hopeless: true},
	}
}

func (o *offer) complete() {
	for _, field := range []struct {
		value     *string
		otherwise string
	}{
		{&o.restaurant, "res_001"}, {&o.item, "itm_001_01"}, {&o.address, "12 Curry Lane, Tiffinville"}, {&o.token, "tok_ok"},
	} {
		if *field.value == "" {
			*field.value = field.otherwise
		}
	}
}

// cart is the offer in the words of the schema.
func (o *offer) cart() map[string]any {
	return map[string]any{
		"restaurantId": o.restaurant,
		"lines":        []any{map[string]any{"itemId": o.item, "quantity": o.quantity}},
		"fulfilment":   map[string]any{"delivery": map[string]any{"address": o.address, "recipientName": "Whoever opens"}},
	}
}

// input is the variables of a placeOrder.
func (o *offer) input(key string) map[string]any {
	return map[string]any{"input": map[string]any{
		"idempotencyKey": key, "cart": o.cart(), "expectedTotal": map[string]any{"amount": o.total, "currency": "EUR"},
		"payment": map[string]any{"card": map[string]any{"token": o.token}},
	}}
}

// priced are the offers with their prices.
func (w *world) priced(ctx context.Context, gateway string) ([]*offer, error) {
	all := offers()
	for _, o := range all {
		o.complete()
		if o.total != "" {
			continue
		}
		r, err := w.ask(ctx, gateway, people()[0], pricing, map[string]any{"cart": o.cart()})
		if err != nil {
			return nil, err
		}
		if r.Data.Result == nil || r.Data.Result.Total.Amount == "" {
			return nil, fmt.Errorf("%q has no price: %+v", o.name, r)
		}
		o.total = r.Data.Result.Total.Amount
	}
	return all, nil
}
