package checkout

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

const cardNumber = "4111 1111 1111 1111"

func TestCheckOrder(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	word := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name string
		edit func(in *PlaceOrderInput)
		want string // all of the message; empty for none
	}{
		{"a plain order", func(*PlaceOrderInput) {}, ""},
		{"everything at its bound", func(in *PlaceOrderInput) {
			in.IdempotencyKey = word(255)
			in.Cart.Lines = nil
			for range 50 {
				in.Cart.Lines = append(in.Cart.Lines, CartLineInput{ItemID: word(len(in.Cart.Lines) + 1), Quantity: 99, Options: make20Options(), Note: new(long(500))})
			}
			to := in.Cart.Fulfilment.Delivery
			to.Address, to.RecipientName, to.RecipientPhone, to.Instructions = long(300), long(100), new(long(40)), new(long(500))
			to.Pin = &storefront.Coordinates{Latitude: -90, Longitude: 180}
			in.Payment.Card.Token = word(200)
			in.Cart.Tip = &storefront.MoneyInput{Amount: "0", Currency: "EUR"}
		}, ""},
		{"no key", func(in *PlaceOrderInput) { in.IdempotencyKey = "" }, "input.idempotencyKey must be 1 to 255 visible ASCII characters."},
		{"a long key", func(in *PlaceOrderInput) { in.IdempotencyKey = word(256) }, "input.idempotencyKey must be 1 to 255 visible ASCII characters."},
		{"a key with a space", func(in *PlaceOrderInput) { in.IdempotencyKey = "a b" }, "input.idempotencyKey must be 1 to 255 visible ASCII characters."},
		{"a key beyond ASCII", func(in *PlaceOrderInput) { in.IdempotencyKey = "é" }, "input.idempotencyKey must be 1 to 255 visible ASCII characters."},
		{"a key with a quote and backslash", func(in *PlaceOrderInput) { in.IdempotencyKey = `"\~` }, ""},
		{"no restaurant", func(in *PlaceOrderInput) { in.Cart.RestaurantID = "" }, "input.cart.restaurantId must be 1 to 100 visible ASCII characters."},
		{"no lines", func(in *PlaceOrderInput) { in.Cart.Lines = nil }, "input.cart.lines must have 1 to 50 entries."},
		{"51 lines", func(in *PlaceOrderInput) { in.Cart.Lines = make([]CartLineInput, 51) }, "input.cart.lines must have 1 to 50 entries."},
		{"none of a dish", func(in *PlaceOrderInput) { in.Cart.Lines[1].Quantity = 0 }, "input.cart.lines[1].quantity must be 1 to 99."},
		{"less than none", func(in *PlaceOrderInput) { in.Cart.Lines[1].Quantity = -1 }, "input.cart.lines[1].quantity must be 1 to 99."},
		{"100 of a dish", func(in *PlaceOrderInput) { in.Cart.Lines[1].Quantity = 100 }, "input.cart.lines[1].quantity must be 1 to 99."},
		{"100 of a dish in two lines", func(in *PlaceOrderInput) {
			in.Cart.Lines[1].Quantity = 50
			in.Cart.Lines = append(in.Cart.Lines, in.Cart.Lines[1])
		}, "input.cart.lines[1].quantity must be at most 99 together with the lines that are equal to it."},
		{"no dish", func(in *PlaceOrderInput) { in.Cart.Lines[0].ItemID = "" }, "input.cart.lines[0].itemId must be 1 to 100 visible ASCII characters."},
		{"21 options", func(in *PlaceOrderInput) {
			in.Cart.Lines[0].Options = append(make20Options(), OptionChoiceInput{"g", "o"})
		}, "input.cart.lines[0].options must have at most 20 entries."},
		{"an option without its group", func(in *PlaceOrderInput) { in.Cart.Lines[0].Options = []OptionChoiceInput{{"", "o"}} }, "input.cart.lines[0].options[0].groupId must be 1 to 100 visible ASCII characters."},
		{"a long note", func(in *PlaceOrderInput) { in.Cart.Lines[0].Note = new(long(501)) }, "input.cart.lines[0].note must be 0 to 500 characters long."},
		{"a control character", func(in *PlaceOrderInput) { in.Cart.Lines[0].Note = new("a\x00") }, "input.cart.lines[0].note must be text without control characters."},
		{"bytes that are no UTF-8", func(in *PlaceOrderInput) { in.Cart.Lines[0].Note = new("a\xff") }, "input.cart.lines[0].note must be text without control characters."},
		{"a note of two lines", func(in *PlaceOrderInput) { in.Cart.Lines[0].Note = new("a\n\tb") }, ""},
		{"no fulfilment", func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery = nil }, "input.cart.fulfilment must have exactly one field."},
		{"a short address", func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = " ab " }, "input.cart.fulfilment.delivery.address must be 3 to 300 characters long."},
		{"a long address", func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Address = long(301) }, "input.cart.fulfilment.delivery.address must be 3 to 300 characters long."},
		{"nobody to hand it to", func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.RecipientName = "  " }, "input.cart.fulfilment.delivery.recipientName must be 1 to 100 characters long."},
		{"a long name", func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.RecipientName = long(101) }, "input.cart.fulfilment.delivery.recipientName must be 1 to 100 characters long."},
		{"a long phone number", func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.RecipientPhone = new(long(41)) }, "input.cart.fulfilment.delivery.recipientPhone must be 0 to 40 characters long."},
		{"long instructions", func(in *PlaceOrderInput) { in.Cart.Fulfilment.Delivery.Instructions = new(long(501)) }, "input.cart.fulfilment.delivery.instructions must be 0 to 500 characters long."},
		{"a pin off the map", func(in *PlaceOrderInput) {
			in.Cart.Fulfilment.Delivery.Pin = &storefront.Coordinates{Latitude: 91}
		}, "input.cart.fulfilment.delivery.pin must have a latitude of -90 to 90 and a longitude of -180 to 180."},
		{"a pin that is no number", func(in *PlaceOrderInput) {
			in.Cart.Fulfilment.Delivery.Pin = &storefront.Coordinates{Latitude: math.NaN()}
		}, "input.cart.fulfilment.delivery.pin must have a latitude of -90 to 90 and a longitude of -180 to 180."},
		{"a negative tip", func(in *PlaceOrderInput) { in.Cart.Tip = &storefront.MoneyInput{Amount: "-0.01", Currency: "EUR"} }, "input.cart.tip.amount must be 0 or more."},
		{"a tip of half a cent", func(in *PlaceOrderInput) { in.Cart.Tip = &storefront.MoneyInput{Amount: "0.005", Currency: "EUR"} }, "input.cart.tip must be an amount with at most as many decimals as its currency has."},
		{"a tip in another currency", func(in *PlaceOrderInput) { in.Cart.Tip = &storefront.MoneyInput{Amount: "1", Currency: "USD"} }, "input.expectedTotal.currency must be that of input.cart.tip."},
		{"no price", func(in *PlaceOrderInput) { in.ExpectedTotal.Amount = "0.00" }, "input.expectedTotal.amount must be more than 0."},
		{"an unknown currency", func(in *PlaceOrderInput) { in.ExpectedTotal.Currency = "XYZ" }, "input.expectedTotal must be an amount with at most as many decimals as its currency has."},
		{"an empty quote id", func(in *PlaceOrderInput) { in.QuoteID = new("") }, "input.quoteId must be 1 to 100 visible ASCII characters."},
		{"no way to pay", func(in *PlaceOrderInput) { in.Payment = PaymentMethodInput{} }, "input.payment must have exactly one field."},
		{"two ways to pay", func(in *PlaceOrderInput) { in.Payment.Wallet = &WalletInput{WalletApplePay, "t"} }, "input.payment must have exactly one field."},
		{"an unknown wallet", func(in *PlaceOrderInput) { in.Payment = PaymentMethodInput{Wallet: &WalletInput{"COINS", "t"}} }, "input.payment.wallet.provider must be one of [APPLE_PAY GOOGLE_PAY]."},
		{"a long token", func(in *PlaceOrderInput) { in.Payment.Card.Token = word(201) }, "input.payment.card.token must be 1 to 200 visible ASCII characters."},
		{"an international phone number that passes for a card", func(in *PlaceOrderInput) {
			in.Cart.Fulfilment.Delivery.RecipientPhone = new("+49 1511 2345676 4")
		}, ""},
		{"several problems", func(in *PlaceOrderInput) {
			in.IdempotencyKey, in.Cart.RestaurantID, in.Cart.Lines[0].ItemID, in.Cart.Lines[0].Quantity = "", "", "", 0
			in.ExpectedTotal.Amount, in.Payment = "0", PaymentMethodInput{}
		}, "input.idempotencyKey must be 1 to 255 visible ASCII characters; input.cart.restaurantId must be 1 to 100 visible ASCII characters; " +
			"input.cart.lines[0].itemId must be 1 to 100 visible ASCII characters; input.cart.lines[0].quantity must be 1 to 99; " +
			"input.expectedTotal.amount must be more than 0; and 1 more."},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := anOrder()
			c.edit(&in)
			checkFault(t, checkOrder(in), c.want)
		})
	}
}

func checkFault(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Fatalf("error = %v; want none", err)
		}
		return
	}
	e := new(fault.Error)
	if !errors.As(err, &e) || e.Code != fault.BadUserInput || e.Message != want {
		t.Fatalf("error = %v; want BAD_USER_INPUT: %s", err, want)
	}
}

// A card number is refused in every text of the input, wherever one is added later, and never echoed.
func TestCardNumberIsRefusedEverywhere(t *testing.T) {
	visited := 0
	for path := range texts(reflect.ValueOf(full())) {
		if path == "Cart.Tip.Amount" || path == "ExpectedTotal.Amount" || strings.HasSuffix(path, "Currency") || strings.HasSuffix(path, "Provider") {
			continue // closed sets and numbers
		}
		visited++
		in := full()
		texts(reflect.ValueOf(in))[path].SetString(cardNumber)
		err := checkOrder(*in)
		if err == nil || !fault.Is(err, fault.BadUserInput) {
			t.Errorf("%s: error = %v; want it refused", path, err)
			continue
		}
		if strings.Contains(err.Error(), "4111") {
			t.Errorf("%s: %v echoes the number", path, err)
		}
	}
	if visited < 12 {
		t.Errorf("visited %d texts; the walk misses some", visited)
	}
}

// full is an order with every text there is.
func full() *PlaceOrderInput {
	in := anOrder()
	in.QuoteID = new("q")
	in.Cart.Lines[0].Options = []OptionChoiceInput{{"g", "o"}}
	in.Cart.Lines[0].Note = new("n")
	in.Cart.Fulfilment.Delivery.RecipientPhone = new("1")
	in.Cart.Fulfilment.Delivery.Instructions = new("i")
	return &in
}

// texts finds every string in a value, by path.
func texts(v reflect.Value) map[string]reflect.Value {
	found := map[string]reflect.Value{}
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch v.Kind() {
		default: // holds no text
		case reflect.Pointer:
			if !v.IsNil() {
				walk(path, v.Elem())
			}
		case reflect.Struct:
			for n := range v.NumField() {
				if v.Type().Field(n).IsExported() {
					walk(strings.TrimPrefix(path+"."+v.Type().Field(n).Name, "."), v.Field(n))
				}
			}
		case reflect.Slice:
			if v.Len() > 0 {
				walk(path+"[0]", v.Index(0))
			}
		case reflect.String:
			found[path] = v
		}
	}
	walk("", v)
	return found
}

func make20Options() []OptionChoiceInput {
	options := make([]OptionChoiceInput, 20)
	for n := range options {
		options[n] = OptionChoiceInput{"g", strings.Repeat("o", n+1)}
	}
	return options
}

// anOrder is a plain order of two dishes in the demo's world.
func anOrder() PlaceOrderInput {
	return PlaceOrderInput{
		IdempotencyKey: "00000000-0000-4000-8000-000000000000",
		Cart: CartInput{
			RestaurantID: "res_001",
			Lines:        []CartLineInput{{ItemID: "itm_001_01", Quantity: 2}, {ItemID: "itm_001_02", Quantity: 1}},
			Fulfilment:   FulfilmentInput{Delivery: &DeliveryInput{Address: "12 Curry Lane, Tiffinville", RecipientName: "Alice"}},
		},
		ExpectedTotal: storefront.MoneyInput{Amount: "20.00", Currency: "EUR"},
		Payment:       PaymentMethodInput{Card: &CardInput{Token: "tok_ok"}},
	}
}
