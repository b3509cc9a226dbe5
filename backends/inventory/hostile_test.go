package inventory_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"tiffin/backends/inventory"
	"tiffin/fault"
)

// answering says the same to every request.
func answering(status int, media, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// operation is one call of the client, whatever it returns.
type operation func(context.Context, *inventory.Client) error

func page(ctx context.Context, c *inventory.Client) error {
	_, err := c.Restaurants(ctx, inventory.RestaurantQuery{First: 1})
	return err
}

func restaurants(ctx context.Context, c *inventory.Client) error {
	_, err := c.RestaurantsByIDs(ctx, []string{"res_1"})
	return err
}

func menus(ctx context.Context, c *inventory.Client) error {
	_, err := c.MenusByRestaurants(ctx, []string{"res_1"})
	return err
}

func items(ctx context.Context, c *inventory.Client) error {
	_, err := c.ItemsByIDs(ctx, []string{"itm_1"})
	return err
}

func stock(ctx context.Context, c *inventory.Client) error {
	_, err := c.StockByItems(ctx, []string{"itm_1"})
	return err
}

func reserve(ctx context.Context, c *inventory.Client) error {
	return c.Reserve(ctx, "key", reservation("ord_1", inventory.ReservationLine{ID: "lin_1", ItemID: "itm_1", Quantity: 1}))
}

func release(ctx context.Context, c *inventory.Client) error { return c.Release(ctx, "key", "ord_1") }

func reads() map[string]operation {
	return map[string]operation{"page": page, "restaurants": restaurants, "menus": menus, "items": items, "stock": stock}
}

const (
	goodRestaurant = `{"restaurant_id":"res_1","title":"A","cuisine_tags":[],"street_address":"1 B","geo":{"lat":1.5,"lng":2},"is_open":true,"cursor":"c","picture":"/images/a.svg"}`
	goodItem       = `{"item_id":"itm_1","restaurant_id":"res_1","title":"A","price":8.90,"currency":"EUR","option_sets":[` +
		`{"code":"g","caption":"G","min":0,"max":1,"choices":[{"code":"o","caption":"O","surcharge":0.05}]}]}`
	goodSection = `{"section_id":"s","caption":"S","dishes":[` + goodItem + `]}`
)

func restaurantsOf(entry string) string { return `{"restaurants":[` + entry + `],"has_more":false}` }
func itemsOf(entry string) string       { return `{"items":[` + entry + `]}` }
func menusOf(section string) string {
	return `{"menus":[{"restaurant_id":"res_1","sections":[` + section + `]}]}`
}

// Without these the tests below would pass for any reason.
func TestTheGoodAnswersAreGood(t *testing.T) {
	for name, test := range map[string]struct {
		do   operation
		body string
	}{
		"page":           {page, restaurantsOf(goodRestaurant)},
		"restaurants":    {restaurants, restaurantsOf(goodRestaurant)},
		"menus":          {menus, menusOf(goodSection)},
		"items":          {items, itemsOf(goodItem)},
		"stock":          {stock, `{"stock":[{"item_id":"itm_1","on_hand":0}]}`},
		"unknown member": {stock, `{"stock":[{"item_id":"itm_1","on_hand":0,"colour":"red"}],"more":1}`},
	} {
		if err := test.do(t.Context(), connect(t, answering(http.StatusOK, "application/json", test.body))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An answer that is not the contract's is an error of this service and never data, and never a refusal either.
func TestBrokenAnswers(t *testing.T) {
	bodies := map[string]string{
		"empty": "", "garbage": "\x00\xff<html>", "truncated": `{"restaurants":[`, "null": "null", "list": "[]", "no members": "{}",
		"null lists": `{"restaurants":null,"menus":null,"items":null,"stock":null}`,
		"wrong type": `{"restaurants":{},"menus":{},"items":{},"stock":{}}`,
		"bare entry": `{"restaurants":[{}],"menus":[{}],"items":[{}],"stock":[{}]}`,
		"trailing":   restaurantsOf("") + "x",
		"duplicate":  `{"stock":[],"stock":[],"items":[],"items":[],"menus":[],"menus":[],"restaurants":[],"restaurants":[]}`,
		"case":       `{"Restaurants":[],"MENUS":[],"Items":[],"Stock":[]}`,
	}
	for what, body := range bodies {
		client := connect(t, answering(http.StatusOK, "application/json", body))
		for name, do := range reads() {
			expectBroken(t, name+": "+what, do(t.Context(), client))
		}
	}
}

func TestAnAnswerThatIsTooBig(t *testing.T) {
	body := `{"pad":"` + strings.Repeat("x", 4<<20) + `",` + itemsOf(goodItem)[1:]
	expectBroken(t, "too big", items(t.Context(), connect(t, answering(http.StatusOK, "application/json", body))))
}

func TestMembersThatAreMissingOrWrong(t *testing.T) {
	for name, test := range map[string]struct {
		do                    operation
		body, member, instead string
	}{
		"title":            {restaurants, restaurantsOf(goodRestaurant), `"title":"A"`, `"x":1`},
		"address":          {restaurants, restaurantsOf(goodRestaurant), `"street_address":"1 B"`, `"x":1`},
		"open":             {restaurants, restaurantsOf(goodRestaurant), `"is_open":true`, `"x":1`},
		"open as text":     {restaurants, restaurantsOf(goodRestaurant), `"is_open":true`, `"is_open":"true"`},
		"geo":              {restaurants, restaurantsOf(goodRestaurant), `"geo"`, `"x"`},
		"latitude":         {restaurants, restaurantsOf(goodRestaurant), `"lat"`, `"x"`},
		"latitude of 91":   {page, restaurantsOf(goodRestaurant), `"lat":1.5`, `"lat":91`},
		"cursor":           {page, restaurantsOf(goodRestaurant), `"cursor":"c"`, `"x":1`},
		"id":               {items, itemsOf(goodItem), `"item_id":"itm_1"`, `"x":1`},
		"restaurant":       {items, itemsOf(goodItem), `"restaurant_id":"res_1"`, `"x":1`},
		"price":            {items, itemsOf(goodItem), `"price":8.90`, `"x":1`},
		"price as text":    {items, itemsOf(goodItem), `"price":8.90`, `"price":"8.90"`},
		"price, exponent":  {items, itemsOf(goodItem), `"price":8.90`, `"price":89e-1`},
		"price, decimals":  {items, itemsOf(goodItem), `"price":8.90`, `"price":8.901`},
		"price, huge":      {items, itemsOf(goodItem), `"price":8.90`, `"price":99999999999999999999999`},
		"currency":         {items, itemsOf(goodItem), `"currency":"EUR"`, `"x":1`},
		"unknown currency": {items, itemsOf(goodItem), `"EUR"`, `"EUX"`},
		"group code":       {items, itemsOf(goodItem), `"code":"g"`, `"x":1`},
		"minimum":          {items, itemsOf(goodItem), `"min":0`, `"x":1`},
		"option code":      {items, itemsOf(goodItem), `"code":"o"`, `"x":1`},
		"surcharge":        {items, itemsOf(goodItem), `"surcharge":0.05`, `"x":1`},
		"section id":       {menus, menusOf(goodSection), `"section_id":"s"`, `"x":1`},
		"dishes":           {menus, menusOf(goodSection), `"dishes"`, `"x"`},
		"sections":         {menus, menusOf(goodSection), `"sections"`, `"x"`},
		"dish on a menu":   {menus, menusOf(goodSection), `"title":"A"`, `"x":1`},
		"on hand":          {stock, `{"stock":[{"item_id":"itm_1","on_hand":1}]}`, `"on_hand"`, `"x"`},
		"negative":         {stock, `{"stock":[{"item_id":"itm_1","on_hand":1}]}`, `1}`, `-1}`},
		"beyond 32 bits":   {stock, `{"stock":[{"item_id":"itm_1","on_hand":1}]}`, `1}`, `5000000000}`},
		"fraction":         {stock, `{"stock":[{"item_id":"itm_1","on_hand":1}]}`, `1}`, `1.5}`},
	} {
		body := strings.Replace(test.body, test.member, test.instead, 1)
		if body == test.body {
			t.Errorf("%s: nothing was replaced", name)
		}
		expectBroken(t, name, test.do(t.Context(), connect(t, answering(http.StatusOK, "application/json", body))))
	}
}

func expectBroken(t *testing.T, what string, err error) {
	t.Helper()
	if _, refused := fault.AsRefused(err); refused || !fault.Is(err, fault.ServiceUnavailable) {
		t.Errorf("%s: %v", what, err)
	}
}

// A write has happened only where the answer says so: a status alone can be anybody's, such as a proxy's in front of a refusal.
func TestWritesWithoutTheirAnswerAreInDoubt(t *testing.T) {
	for what, body := range map[string]string{
		"empty": "", "garbage": "\x00\xff", "a page": "<html>", "no members": "{}", "null": "null",
		"another order": `{"order_id":"ord_2","state":"held"}`, "no state": `{"order_id":"ord_1"}`, "a new word": `{"order_id":"ord_1","state":"queued"}`,
	} {
		client := connect(t, answering(http.StatusOK, "application/json", body))
		expectBroken(t, "reserve: "+what, reserve(t.Context(), client))
		expectBroken(t, "release: "+what, release(t.Context(), client))
	}
	for state, wrong := range map[string]operation{"held": release, "released": reserve} {
		client := connect(t, answering(http.StatusOK, "application/json", `{"order_id":"ord_1","state":"`+state+`"}`))
		expectBroken(t, "the state of the other: "+state, wrong(t.Context(), client))
	}
}

// Only a problem document with a code of its own says no; all else leaves it open whether stock was taken.
func TestWritesInDoubtAreNotRefused(t *testing.T) {
	const problem = "application/problem+json"
	for what, handler := range map[string]http.Handler{
		"500":                   answering(500, problem, `{"code":"released"}`),
		"503":                   answering(503, "text/plain", "busy"),
		"429":                   answering(429, problem, `{"code":"out_of_stock"}`),
		"409 without a code":    answering(409, problem, `{"shortages":[]}`),
		"409 of a proxy":        answering(409, "text/html", "<h1>Conflict</h1>"),
		"409 about nothing":     answering(409, problem, `{"code":"out_of_stock"}`),
		"409 with a wrong list": answering(409, problem, `{"code":"out_of_stock","shortages":[{"item_id":5}]}`),
		"409 with half a list":  answering(409, problem, `{"code":"out_of_stock","shortages":[{"item_id":"itm_1"}]}`),
		"400":                   answering(400, problem, `{"code":"invalid_request"}`),
		"404":                   answering(404, problem, `{"code":"not_found"}`),
		"redirect":              answering(307, problem, `{"code":"released"}`),
	} {
		client := connect(t, handler)
		for name, do := range map[string]operation{"reserve": reserve, "release": release} {
			if name == "release" && strings.Contains(what, "list") || name == "release" && strings.Contains(what, "nothing") {
				continue // a release has no shortages to look at
			}
			expectBroken(t, name+": "+what, do(t.Context(), client))
		}
	}
}

func TestPicturesElsewhereAreLeftOut(t *testing.T) {
	for picture, want := range map[string]string{
		"/images/a.svg":          "/assets/inventory/images/a.svg",
		"https://evil.example/a": "", "//evil.example/a": "", "/images/../../a": "", "images/a.svg": "", "": "",
	} {
		body := restaurantsOf(strings.Replace(goodRestaurant, "/images/a.svg", picture, 1))
		got, err := connect(t, answering(http.StatusOK, "application/json", body)).RestaurantsByIDs(t.Context(), []string{"res_1"})
		if err != nil {
			t.Fatal(err)
		}
		url := got["res_1"].ImageURL
		if (url == nil) != (want == "") || url != nil && *url != want {
			t.Errorf("%q became %v", picture, url)
		}
	}
}

// One call of many that fails ends the others; its error is the one that is told.
func TestABulkReadFailsAsAWhole(t *testing.T) {
	var ids []string
	for a := range 30 {
		for b := range 26 {
			ids = append(ids, "itm_"+strings.Repeat("x", a)+string(rune('a'+b)))
		}
	}
	client := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Query().Get("ids"), "itm_a,") {
			answering(http.StatusServiceUnavailable, "text/plain", "").ServeHTTP(w, r)
			return
		}
		<-r.Context().Done() // the others never answer
	}))
	got, err := client.ItemsByIDs(t.Context(), ids)
	if got != nil || !fault.Is(err, fault.ServiceUnavailable) || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCancelledByTheCaller(t *testing.T) {
	client := connect(t, answering(http.StatusOK, "application/json", itemsOf(goodItem)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, do := range reads() {
		if err := do(ctx, client); err == nil || ctx.Err() == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
