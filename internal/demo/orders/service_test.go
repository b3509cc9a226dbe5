package orders_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/orders"
	"tiffin/internal/demo/seed"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spec is the contract, which the client's tests share.
const spec = "../../../backends/orders/openapi.yaml"

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// stand is a service over HTTP, as any client would meet it.
type stand struct {
	service *orders.Service
	past    []seed.Order
	http    *http.Client
}

// newStand has a client without and one with the contract between.
func newStand(t *testing.T) *stand {
	t.Helper()
	menu := catalogue.New()
	past := seed.Orders(menu, []string{"alice", "bob"}, 20, noon())
	service := orders.New(orders.Config{Catalogue: menu, Past: past, Now: noon})
	network := testkit.Start(t, map[string]http.Handler{
		"orders": service.Handler(), "strict": contract.Handler(t, spec, service.Handler()),
	})
	return &stand{service: service, past: past, http: network.Client()}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   map[string]any
}

// ask sends a request to a host; a write under a key of its own, the same for the same request, unless a header says otherwise.
func (s *stand) ask(t *testing.T, host, request, body string, header ...string) answer {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+host+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet && path != "/quotes" {
		req.Header.Set("Idempotency-Key", fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(request+body))))
	}
	for n := 0; n < len(header); n += 2 {
		req.Header.Set(header[n], header[n+1])
	}
	res, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := answer{status: res.StatusCode, header: res.Header}
	if err := json.Unmarshal(text, &out.body); err != nil {
		t.Fatalf("%s: %q: %v", request, text, err)
	}
	return out
}

const (
	goodCart  = `"customer_ref":"alice","restaurant_ref":"res_900","lines":[],"delivery_quote_ref":"d","delivery_fee":{"amount":"2.90","currency":"EUR"}`
	goodLine  = `{"line_ref":"l1","item_ref":"itm_1","qty":1,"option_refs":[]}`
	goodTotal = `"payment_reference":"p","expected_total":{"amount":"1.00","currency":"EUR"}`
)

// cartWith is a cart with lines, changed in one part.
func cartWith(lines, from, to string) string {
	cart := strings.Replace(goodCart, `"lines":[]`, `"lines":[`+lines+`]`, 1)
	return "{" + strings.Replace(cart, from, to, 1) + "}"
}

func TestMalformedRequests(t *testing.T) {
	s := newStand(t)
	line := func(from, to string) string { return strings.Replace(goodLine, from, to, 1) }
	remark := `"remark":"` + strings.Repeat("x", 1001) + `","qty"`
	tests := []struct {
		name, request, body string
		status              int
		code, detail        string
	}{
		{"no lines", "POST /quotes", cartWith("", "", ""), 400, "malformed", "1 to 50 lines"},
		{"too many lines", "POST /quotes", cartWith(strings.Repeat(goodLine+",", 50)+goodLine, "", ""), 400, "malformed", "1 to 50 lines"},
		{"line twice", "POST /quotes", cartWith(goodLine+","+goodLine, "", ""), 400, "malformed", "line_ref is not unique"},
		{"no line_ref", "POST /quotes", cartWith(line(`"l1"`, `""`), "", ""), 400, "malformed", "line_ref"},
		{"none of it", "POST /quotes", cartWith(line(`"qty":1`, `"qty":0`), "", ""), 400, "malformed", "qty of 1 to 99"},
		{"too many of it", "POST /quotes", cartWith(line(`"qty":1`, `"qty":100`), "", ""), 400, "malformed", "qty of 1 to 99"},
		{"long remark", "POST /quotes", cartWith(line(`"qty"`, remark), "", ""), 400, "malformed", "1000 bytes"},
		{"no customer", "POST /quotes", cartWith(goodLine, `"customer_ref":"alice",`, ""), 400, "malformed", "customer_ref"},
		{"no fee", "POST /quotes", cartWith(goodLine, `,"delivery_fee":{"amount":"2.90","currency":"EUR"}`, ""), 400, "malformed", "amount"},
		{"negative fee", "POST /quotes", cartWith(goodLine, "2.90", "-2.90"), 400, "malformed", "not negative"},
		{"fee too exact", "POST /quotes", cartWith(goodLine, "2.90", "2.905"), 400, "malformed", "decimals"},
		{"fee too high", "POST /quotes", cartWith(goodLine, "2.90", "100000.01"), 400, "malformed", "at most"},
		{"negative tip", "POST /quotes", cartWith(goodLine, `"lines"`, `"tip":{"amount":"-1.00","currency":"EUR"},"lines"`), 400, "malformed", "not negative"},
		{"other currency", "POST /quotes", cartWith(goodLine, "EUR", "USD"), 422, "currency_not_supported", "EUR"},
		{"unknown member", "POST /quotes", cartWith(goodLine, `"lines"`, `"colour":"red","lines"`), 400, "malformed_body", "colour"},
		{"no JSON", "POST /quotes", "cart", 400, "malformed_body", ""},

		{"order without a payment", "PUT /orders/ord_1", cartWith(goodLine, "", `"expected_total":{"amount":"1.00","currency":"EUR"},`), 400, "malformed", "payment_reference"},
		{"order without a total", "PUT /orders/ord_1", cartWith(goodLine, "", `"payment_reference":"p",`), 400, "malformed", "amount"},
		{"order without lines", "PUT /orders/ord_1", cartWith("", "", goodTotal+","), 400, "malformed", "lines"},
		{"another thing's id", "PUT /orders/itm_1", cartWith(goodLine, "", goodTotal+","), 400, "malformed", "order_ref"},
		{"no id", "PUT /orders/ord_", cartWith(goodLine, "", goodTotal+","), 400, "malformed", "order_ref"},
		{"strange id", "POST /orders/ord_%2F/cancel", `{"reason":"why"}`, 400, "malformed", "order_ref"},
		{"long id", "POST /orders/ord_" + strings.Repeat("x", 65) + "/cancel", `{"reason":"why"}`, 400, "malformed", "order_ref"},
		{"cancel without JSON", "POST /orders/ord_1/cancel", "why", 400, "malformed_body", ""},

		{"no list", "GET /orders", "", 400, "malformed", "exactly one"},
		{"two lists", "GET /orders?refs=ord_1&customer_ref=alice", "", 400, "malformed", "exactly one"},
		{"too many refs", "GET /orders?refs=" + strings.Repeat("ord_1,", 100) + "ord_1", "", 400, "malformed", "at most 100"},
		{"no limit", "GET /orders?scope=all&limit=0", "", 400, "malformed", "1 to 100"},
		{"too much", "GET /orders?scope=all&limit=101", "", 400, "malformed", "1 to 100"},
		{"no number", "GET /orders?scope=all&limit=x", "", 400, "malformed", "1 to 100"},
		{"no cursor", "GET /orders?scope=all&cursor=!", "", 422, "cursor_invalid", ""},
		{"no cursor either", "GET /orders?scope=all&cursor=QUJD", "", 422, "cursor_invalid", ""},
		{"no time", "GET /orders?unsettled_before=now", "", 400, "malformed", "RFC 3339"},
		{"no order", "GET /orders/ord_1", "", 404, "order_unknown", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := s.ask(t, "orders", tt.request, tt.body)
			detail, _ := got.body["detail"].(string)
			if got.status != tt.status || got.body["code"] != tt.code || !strings.Contains(detail, tt.detail) {
				t.Errorf("got %d %v, want %d %s saying %q", got.status, got.body, tt.status, tt.code, tt.detail)
			}
		})
	}
	if n := len(s.service.Books()); n != len(s.past) {
		t.Errorf("%d orders, want the %d of the past", n, len(s.past))
	}
}

func TestWritesNeedAKey(t *testing.T) {
	s := newStand(t)
	for _, request := range []string{"PUT /orders/ord_1", "POST /orders/ord_1/confirm", "POST /orders/ord_1/cancel"} {
		got := s.ask(t, "orders", request, "{}", "Idempotency-Key", "bare")
		if got.status != 400 || got.body["code"] != "idempotency_key_invalid" {
			t.Errorf("%s: %d %v", request, got.status, got.body)
		}
	}
}

// A repeat gets the first answer again, though the order has gone on since.
func TestReplay(t *testing.T) {
	s := newStand(t)
	cart := `{"customer_ref":"alice","restaurant_ref":"res_001","lines":[{"line_ref":"l1","item_ref":"` + plainDish() + `","qty":3,"option_refs":[]}],` +
		`"delivery_quote_ref":"d","delivery_fee":{"amount":"2.90","currency":"EUR"}`
	quote := s.ask(t, "strict", "POST /quotes", cart+"}")
	total, err := json.Marshal(quote.body["grand_total"])
	if err != nil || quote.status != 200 {
		t.Fatalf("%v, %v", quote, err)
	}
	body := cart + `,"payment_reference":"p","expected_total":` + string(total) + "}"
	first := s.ask(t, "strict", "PUT /orders/ord_1", body)
	confirmed := s.ask(t, "strict", "POST /orders/ord_1/confirm", "")
	again := s.ask(t, "strict", "PUT /orders/ord_1", body)
	otherKey := s.ask(t, "strict", "PUT /orders/ord_1", body, "Idempotency-Key", `"other"`)
	if first.status != 201 || confirmed.status != 200 || again.status != 201 || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("statuses %d, %d, %d %v", first.status, confirmed.status, again.status, again.header)
	}
	if diff := cmp.Diff(first.body, again.body); diff != "" {
		t.Errorf("the repeat differs\n%s", diff)
	}
	if otherKey.status != 200 || otherKey.body["current_status"] != "confirmed" {
		t.Errorf("under another key: %d %v", otherKey.status, otherKey.body)
	}
	if single := s.ask(t, "strict", "GET /orders/ord_1", "", "Accept-Language", "de"); single.status != 200 || single.body["short_code"] != "T-10041" {
		t.Errorf("read back: %d %v", single.status, single.body)
	}
}

// plainDish is one of res_001 that has no options.
func plainDish() string {
	for _, item := range catalogue.New().Restaurant("res_001").Items() {
		if len(item.Groups) == 0 {
			return item.ID
		}
	}
	return ""
}

func TestTombstonesAreNotRead(t *testing.T) {
	s := newStand(t)
	if got := s.ask(t, "strict", "POST /orders/ord_never/cancel", `{"reason":"undo"}`); got.status != 200 || got.body["current_status"] != "cancelled" {
		t.Errorf("cancel: %d %v", got.status, got.body)
	}
	if got := s.ask(t, "strict", "GET /orders/ord_never", ""); got.status != 404 {
		t.Errorf("get: %d %v", got.status, got.body)
	}
	if got := s.ask(t, "strict", "GET /orders?refs=ord_never", ""); got.status != 200 || len(got.body["orders"].([]any)) != 0 {
		t.Errorf("bulk: %d %v", got.status, got.body)
	}
}

func TestDefaultPage(t *testing.T) {
	s := newStand(t)
	got := s.ask(t, "strict", "GET /orders?scope=all", "")
	if page, _ := got.body["orders"].([]any); len(page) != 20 || got.body["next_cursor"] == nil {
		t.Errorf("%d orders, next %v", len(page), got.body["next_cursor"])
	}
	got = s.ask(t, "strict", "GET /orders?customer_ref=bob", "")
	if page, _ := got.body["orders"].([]any); len(page) != 20 || got.body["next_cursor"] != nil {
		t.Errorf("%d orders, next %v", len(page), got.body["next_cursor"])
	}
}

func TestBooksOfThePast(t *testing.T) {
	s := newStand(t)
	books := s.service.Books()
	for n, past := range s.past {
		want := orders.Book{
			OrderID: past.ID, PaymentRef: past.Ref, State: "confirmed", ConfirmedOnce: true, TotalMinor: past.TotalMinor, Currency: "EUR",
			Lines: map[string]int{},
		}
		if past.Status == "cancelled" {
			want.State, want.ConfirmedOnce = "cancelled", false
		}
		for _, line := range past.Lines {
			want.Lines[line.ItemID] += line.Quantity
		}
		if diff := cmp.Diff(want, books[n]); diff != "" {
			t.Fatalf("%+v\n-want +got\n%s", past, diff)
		}
	}
}
