package orders_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tiffin/backends/orders"
	"tiffin/fault"
	"tiffin/internal/storefront"
)

// body answers whatever it is asked.
func body(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		media := "application/json"
		if status >= 400 {
			media = "application/problem+json"
		}
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// goodOrder is an answer without a fault; the tests spoil it by replacing a part.
const goodOrder = `{"order_reference":"ord_1","short_code":"T-1","current_status":"created","placed_at":"2026-03-01T12:30:00+01:00",
"customer_ref":"https://issuer.test#alice","restaurant_ref":"res_1","payment_reference":"p1",
"lines":[{"line_ref":"l1","item_ref":"i1","title":"Dal","qty":2,"options":[{"group":"g","option":"o","name":"Hot","price":{"amount":"0.50","currency":"EUR"}}],
"unit_price":{"amount":"7.50","currency":"EUR"},"line_total":{"amount":"15.00","currency":"EUR"}}],
"charges":[{"code":"subtotal","label":"Subtotal","amount":{"amount":"15.00","currency":"EUR"}},{"code":"delivery_fee","label":"Delivery","amount":{"amount":"2.90","currency":"EUR"}}],
"grand_total":{"amount":"17.90","currency":"EUR"},"history":[{"status":"created","at":"2026-03-01T11:30:00Z"}],"cursor":"c1"}`

// spoil replaces one part of the good order; the part must be in it.
func spoil(t *testing.T, from, to string) string {
	t.Helper()
	if !strings.Contains(goodOrder, from) {
		t.Fatalf("%q is not in the order", from)
	}
	return strings.Replace(goodOrder, from, to, 1)
}

func TestAnswersThatAreNoOrder(t *testing.T) {
	for _, tt := range []struct{ name, from, to, says string }{
		{"no id", `"order_reference":"ord_1",`, ``, "order_reference is missing"},
		{"empty id", `"ord_1"`, `""`, "order_reference is missing"},
		{"no number", `"short_code":"T-1",`, ``, "short_code is missing"},
		{"no status", `"current_status":"created",`, ``, "current_status is missing"},
		{"no time", `"placed_at":"2026-03-01T12:30:00+01:00",`, ``, "placed_at is missing"},
		{"time without a zone", `12:30:00+01:00`, `12:30:00`, "placed_at"},
		{"no customer", `"customer_ref":"https://issuer.test#alice",`, ``, "customer_ref is missing"},
		{"no restaurant", `"restaurant_ref":"res_1",`, ``, "restaurant_ref is missing"},
		{"no payment", `"payment_reference":"p1",`, ``, "payment_reference is missing"},
		{"no lines", `"lines":[`, `"dishes":[`, "there are no lines"},
		{"line without an id", `"line_ref":"l1",`, ``, "lines[0]: line_ref is missing"},
		{"line without a dish", `"item_ref":"i1",`, ``, "lines[0]: item_ref is missing"},
		{"line without a title", `"title":"Dal",`, ``, "lines[0]: title is missing"},
		{"option without an id", `"option":"o",`, ``, "options[0]: option is missing"},
		{"option without a price", `"price":{"amount":"0.50","currency":"EUR"}`, `"cost":1`, "options[0]: not a currency"},
		{"none of a dish", `"qty":2`, `"qty":0`, "line_total is not unit_price times qty"},
		{"wrong line total", `"qty":2`, `"qty":3`, "line_total is not unit_price times qty"},
		{"line total off by a cent", `"line_total":{"amount":"15.00"`, `"line_total":{"amount":"15.01"`, "line_total is not unit_price times qty"},
		{"far too many", `"qty":2`, `"qty":4294967298`, "qty"},
		{"half a dish", `"qty":2`, `"qty":2.5`, "qty"},
		{"line of another currency", `"line_total":{"amount":"15.00","currency":"EUR"}`, `"line_total":{"amount":"15.00","currency":"USD"}`, "line_total is not"},
		{"no unit price", `"unit_price"`, `"price"`, "unit_price: not a currency"},
		{"no line total", `"line_total"`, `"sum"`, "line_total: not a currency"},
		{"no charges", `"charges":[`, `"fees":[`, "charges: not an amount"},
		{"charges do not add up", `"2.90"`, `"2.91"`, "the charges add up to 17.91 EUR, grand_total is 17.90 EUR"},
		{"charge without a code", `"code":"delivery_fee",`, ``, "charges[1]: code is missing"},
		{"charge without a label", `"label":"Delivery",`, ``, "charges[1]: label is missing"},
		{"mixed currencies", `"amount":{"amount":"2.90","currency":"EUR"}`, `"amount":{"amount":"2.90","currency":"USD"}`, "different currencies"},
		{"total of another currency", `"17.90","currency":"EUR"`, `"17.90","currency":"USD"`, "grand_total is 17.90 USD"},
		{"no total", `"grand_total"`, `"total"`, "grand_total: not a currency"},
		{"no such currency", `"17.90","currency":"EUR"`, `"17.90","currency":"EURO"`, "grand_total: not a currency"},
		{"amount as a number", `"amount":"17.90"`, `"amount":17.90`, "amount"},
		{"amount too exact", `"17.90"`, `"17.905"`, "grand_total: not an amount"},
		{"exponent", `"17.90"`, `"1.79e1"`, "grand_total: not an amount"},
		{"no subtotal", `"code":"subtotal"`, `"code":"dishes"`, "the lines add up to 15.00 EUR"},
		{"wrong subtotal", `"qty":2,`, `"qty":1,`, "line_total"},
		{"history without a time", `,"at":"2026-03-01T11:30:00Z"`, ``, "history[0] lacks"},
		{"a status that is a number", `"created","placed_at"`, `7,"placed_at"`, "current_status"},
		{"a member twice", `"short_code":"T-1",`, `"short_code":"T-1","short_code":"T-2",`, "short_code"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := over(t, body(200, `{"orders":[`+spoil(t, tt.from, tt.to)+`]}`))
			found, err := client.ByIDs(as(t, "alice"), []string{"ord_1"})
			wantFault(t, err, fault.ServiceUnavailable, tt.says)
			if found != nil {
				t.Errorf("zero data: %v", found)
			}
		})
	}
}

func TestSubtotalMustBeThatOfTheLines(t *testing.T) {
	shifted := strings.NewReplacer(`"subtotal","label":"Subtotal","amount":{"amount":"15.00"`, `"subtotal","label":"Subtotal","amount":{"amount":"14.00"`, `"2.90"`, `"3.90"`)
	client := over(t, body(200, `{"orders":[`+shifted.Replace(goodOrder)+`]}`))
	_, err := client.ByIDs(as(t, "alice"), []string{"ord_1"})
	wantFault(t, err, fault.ServiceUnavailable, "the lines add up to 15.00 EUR, their charge is 14.00 EUR")
}

func TestGoodOrderIsRead(t *testing.T) {
	client := over(t, body(200, `{"orders":[`+spoil(t, `"created","placed_at"`, `"in_orbit","stars":5,"placed_at"`)+`]}`))
	found, err := client.ByIDs(as(t, "alice"), []string{"ord_1"})
	if err != nil {
		t.Fatal(err)
	}
	placed := time.Date(2026, 3, 1, 11, 30, 0, 0, time.UTC)
	wantSame(t, found["ord_1"], &orders.Order{
		ID: "ord_1", Number: "T-1", Status: orders.OrderStatusUnknown, PlacedAt: placed, CustomerID: customer("alice"),
		RestaurantID: "res_1", PaymentRef: "p1",
		Lines: []orders.OrderLine{{
			ID: "l1", ItemID: "i1", Title: "Dal", Options: []orders.LineOption{{ID: "o", Name: "Hot", Price: eur(50)}},
			Quantity: 2, UnitPrice: eur(750), Subtotal: eur(1500),
		}},
		Charges: []orders.Charge{
			{Kind: orders.ChargeSubtotal, Label: "Subtotal", Amount: eur(1500)},
			{Kind: orders.ChargeDeliveryFee, Label: "Delivery", Amount: eur(290)},
		},
		Total: eur(1790), Timeline: []orders.OrderEvent{{Status: orders.OrderStatusPending, At: placed}},
	})
	if found["ord_1"].PlacedAt.Location() != time.UTC {
		t.Error("the time is not UTC")
	}
}

func TestCurrenciesWithOtherDecimals(t *testing.T) {
	for code, amounts := range map[storefront.Currency][5]string{
		"JPY": {"50", "750", "1500", "290", "1790"},
		"KWD": {"0.050", "0.750", "1.500", "0.290", "1.790"},
	} {
		text := strings.NewReplacer("EUR", string(code), "0.50", amounts[0], "7.50", amounts[1], "15.00", amounts[2], "2.90", amounts[3], "17.90", amounts[4]).Replace(goodOrder)
		found, err := over(t, body(200, `{"orders":[`+text+`]}`)).ByIDs(as(t, "alice"), []string{"ord_1"})
		if err != nil || found["ord_1"].Total != (storefront.Money{Minor: 1790, Currency: code}) {
			t.Errorf("%s: %v, %v", code, found, err)
		}
	}
}

func TestListsThatAreNone(t *testing.T) {
	for name, tt := range map[string]struct{ text, says string }{
		"no cursor":    {spoil(t, `,"cursor":"c1"`, ``), "orders[0] has no cursor"},
		"not the mine": {spoil(t, `#alice`, `#bob`), "another customer"},
		"broken order": {spoil(t, `"17.90"`, `"0.00"`), `orders[0] "ord_1": the charges add up`},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := over(t, body(200, `{"orders":[`+tt.text+`]}`)).List(as(t, "alice"), orders.ListQuery{First: 1})
			wantFault(t, err, fault.ServiceUnavailable, tt.says)
			if page != nil {
				t.Errorf("zero data: %v", page)
			}
		})
	}
	_, _, err := over(t, body(200, `{"orders":[{}]}`)).Unsettled(t.Context(), time.Now(), "")
	wantFault(t, err, fault.ServiceUnavailable, "order_reference is missing")
}

func TestQuotesThatAreNone(t *testing.T) {
	const good = `{"quote_ref":"q","charges":[{"code":"fee","label":"Fee","amount":{"amount":"1.00","currency":"EUR"}}],"grand_total":{"amount":"1.00","currency":"EUR"},"valid_until":"2026-03-01T12:00:00Z"}`
	for _, tt := range []struct{ name, from, to, says string }{
		{"no id", `"quote_ref":"q",`, ``, "quote_ref is missing"},
		{"no end", `,"valid_until":"2026-03-01T12:00:00Z"`, ``, "valid_until is missing"},
		{"no sum", `"grand_total":{"amount":"1.00"`, `"grand_total":{"amount":"1.01"`, "add up"},
		{"owes the customer", `"1.00"`, `"-1.00"`, "negative"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.ReplaceAll(good, tt.from, tt.to)
			_, err := over(t, body(200, text)).Price(t.Context(), orders.Cart{})
			wantFault(t, err, fault.ServiceUnavailable, tt.says)
			err = over(t, body(409, `{"code":"price_changed","quote":`+text+`}`)).Create(t.Context(), "k", orders.NewOrder{ID: "ord_1"})
			wantFault(t, err, fault.ServiceUnavailable, tt.says)
		})
	}
}

// A write counts as done only where the service says that this very thing was done.
func TestAnswersThatProveNothing(t *testing.T) {
	alices := orders.NewOrder{ID: "ord_1", PaymentRef: "p1", Cart: orders.Cart{CustomerID: customer("alice")}, ExpectedTotal: eur(1790)}
	create := func(c *orders.Client) error { return c.Create(t.Context(), "k", alices) }
	confirm := func(c *orders.Client) error { return c.Confirm(t.Context(), "k", "ord_1") }
	cancel := func(c *orders.Client) error { return c.Cancel(t.Context(), "k", "ord_1", "why") }
	settled := func(ref, status string) string {
		return `{"order_reference":"` + ref + `","current_status":"` + status + `"}`
	}
	for name, tt := range map[string]struct {
		write func(*orders.Client) error
		text  string
		says  string // "" where it is proved
	}{
		"created":             {create, goodOrder, ""},
		"another order":       {create, spoil(t, "ord_1", "ord_2"), "another order"},
		"another customer's":  {create, spoil(t, "#alice", "#bob"), "another order"},
		"another payment's":   {create, spoil(t, `"p1"`, `"p2"`), "another order"},
		"another total":       {create, strings.NewReplacer("2.90", "2.80", "17.90", "17.80").Replace(goodOrder), "its total"},
		"empty":               {create, "{}", "order_reference is missing"},
		"garbage":             {create, "\x00\x01", "invalid"},
		"confirmed":           {confirm, settled("ord_1", "confirmed"), ""},
		"further":             {confirm, settled("ord_1", "preparing"), ""},
		"a new word":          {confirm, settled("ord_1", "in_orbit"), ""},
		"still created":       {confirm, settled("ord_1", "created"), `status "created"`},
		"called off since":    {confirm, settled("ord_1", "cancelled"), ""},
		"another's":           {confirm, settled("ord_2", "confirmed"), "another order"},
		"no status":           {confirm, settled("ord_1", ""), `status ""`},
		"confirmed, garbage":  {confirm, "ok", "invalid"},
		"was cancelled":       {cancel, settled("ord_1", "cancelled"), ""},
		"not cancelled":       {cancel, settled("ord_1", "confirmed"), `status "confirmed"`},
		"cancelled, nothing":  {cancel, "", "no body"},
		"cancelled, a new":    {cancel, settled("ord_1", "in_orbit"), `status "in_orbit"`},
		"cancelled, of what?": {cancel, settled("", "cancelled"), "another order"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.write(over(t, body(200, tt.text)))
			if tt.says != "" {
				wantFault(t, err, fault.ServiceUnavailable, tt.says)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// Only a refusal of the contract is a no.
func TestRefusalsThatProveNothing(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		status     int
		says       string
	}{
		{"unknown code", `{"code":"moon_phase"}`, 409, "not in the contract"},
		{"no code", `{}`, 409, "status 409"},
		{"no dishes", `{"code":"items_unavailable"}`, 409, "item_refs is missing"},
		{"dishes of another type", `{"code":"items_unavailable","item_refs":"itm_1"}`, 409, "item_refs"},
		{"no quote", `{"code":"price_changed"}`, 409, "quote_ref is missing"},
		{"a code under another status", `{"code":"price_changed"}`, 403, "status 403"},
		{"a code under an error", `{"code":"order_cancelled"}`, 500, "status 500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := over(t, body(tt.status, tt.text))
			wantFault(t, client.Create(t.Context(), "k", orders.NewOrder{ID: "ord_1"}), fault.ServiceUnavailable, tt.says)
		})
	}
	t.Run("closed, for how long unknown", func(t *testing.T) {
		err := over(t, body(409, `{"code":"restaurant_closed"}`)).Create(t.Context(), "k", orders.NewOrder{ID: "ord_1"})
		wantRefused(t, err, "restaurant_closed")
	})
}
