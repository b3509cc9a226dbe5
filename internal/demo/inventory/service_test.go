package inventory

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/testkit/contract"
)

const spec = "../../../backends/inventory/openapi.yaml"

// request is one exchange on the wire and what must come of it.
type request struct {
	method, target, key, media, body string
	header                           map[string]string
	status                           int
	code                             string
}

func (r request) send(handler http.Handler) *httptest.ResponseRecorder {
	req := httptest.NewRequest(r.method, r.target, strings.NewReader(r.body))
	if r.body == "" {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	if r.media != "" {
		req.Header.Set("Content-Type", r.media)
	}
	res := httptest.NewRecorder()
	handler.ServeHTTP(res, req)
	return res
}

func (r request) check(t *testing.T, handler http.Handler) {
	t.Helper()
	res := r.send(handler)
	var problem struct {
		Code   string `json:"code"`
		Status int    `json:"status"`
	}
	if r.code != "" {
		if err := json.Unmarshal(res.Body.Bytes(), &problem); err != nil || problem.Status != r.status {
			t.Errorf("%s %s: problem %s, %v", r.method, r.target, res.Body, err)
		}
	}
	if res.Code != r.status || problem.Code != r.code {
		t.Errorf("%s %s: %d %q, want %d %q", r.method, r.target, res.Code, problem.Code, r.status, r.code)
	}
}

func service() http.Handler { return New(Config{Catalogue: catalogue.New()}).Handler() }

// Requests that the contract forbids go past its checker: they are what the service must withstand.
func TestRequestsBeyondTheContract(t *testing.T) {
	const bad = "invalid_request"
	many := strings.Repeat("itm_001_01,", 100) + "itm_001_01"
	lines := func(text string) string { return `{"restaurant_id":"res_001","lines":[` + text + `]}` }
	line := `{"line_id":"lin_1","item_id":"itm_001_01","qty":1}`
	put := func(body, code string, status int) request {
		return request{
			method: http.MethodPut, target: "/reservations/ord_1", key: fmt.Sprintf("%q", strings.ReplaceAll(body[:min(200, len(body))], `"`, "")),
			media: "application/json", body: body, status: status, code: code,
		}
	}
	handler := service()
	for _, r := range []request{
		{method: "GET", target: "/items", status: 400, code: bad},
		{method: "GET", target: "/items?ids=", status: 400, code: bad},
		{method: "GET", target: "/items?ids=" + many, status: 400, code: bad},
		{method: "GET", target: "/items?ids=a,,b", status: 400, code: bad},
		{method: "GET", target: "/items?ids=a%20b", status: 400, code: bad},
		{method: "GET", target: "/items?ids=" + strings.Repeat("x", 65), status: 400, code: bad},
		{method: "GET", target: "/stock", status: 400, code: bad},
		{method: "GET", target: "/menus?restaurant_ids=" + strings.Repeat("res_001,", 20) + "res_001", status: 400, code: bad},
		{method: "GET", target: "/restaurants?ids=res_001&q=x", status: 400, code: bad},
		{method: "GET", target: "/restaurants?ids=", status: 400, code: bad},
		{method: "GET", target: "/restaurants?limit=0", status: 400, code: bad},
		{method: "GET", target: "/restaurants?limit=101", status: 400, code: bad},
		{method: "GET", target: "/restaurants?limit=ten", status: 400, code: bad},
		{method: "GET", target: "/restaurants?q=", status: 400, code: bad},
		{method: "GET", target: "/restaurants?q=" + strings.Repeat("x", 101), status: 400, code: bad},
		{method: "GET", target: "/restaurants?lat=48", status: 400, code: bad},
		{method: "GET", target: "/restaurants?lat=NaN&lng=1", status: 400, code: bad},
		{method: "GET", target: "/restaurants?lat=91&lng=1", status: 400, code: bad},
		{method: "GET", target: "/restaurants?cursor=x", status: 400, code: "invalid_cursor"},
		{method: "GET", target: "/restaurants?q=ramen&cursor=" + cursorOf(catalogue.New().Restaurants[0]), status: 400, code: "invalid_cursor"},
		{method: "GET", target: "/images/res_999.svg", status: 404, code: "not_found"},
		{method: "GET", target: "/nothing", status: 404},
		{method: "POST", target: "/items", status: 405},
		{method: "PUT", target: "/reservations/ord_1", media: "application/json", body: lines(line), status: 400, code: "idempotency_key_missing"},
		{method: "POST", target: "/reservations/ord_1/release", status: 400, code: "idempotency_key_missing"},
		{method: "PUT", target: "/reservations/a%20b", key: `"k1"`, media: "application/json", body: lines(line), status: 400, code: bad},
		{method: "POST", target: "/reservations/a%20b/release", key: `"k2"`, status: 400, code: bad},
		{method: "PUT", target: "/reservations/ord_1", key: `"k3"`, media: "text/plain", body: lines(line), status: 415, code: "unsupported_media_type"},
		put(`{`, "malformed_body", 400),
		put(lines(line)+"x", "malformed_body", 400),
		put(`{"restaurant_id":"res_001","lines":[],"more":1}`, "malformed_body", 400),
		put(lines(strings.Repeat(" ", 1<<20)), "body_too_large", 413),
		put(`{"restaurant_id":"","lines":[`+line+`]}`, bad, 400),
		put(lines(""), bad, 400),
		put(lines(strings.Repeat(line+",", 50)+line), bad, 400),
		put(lines(line+","+line), bad, 400),
		put(lines(`{"line_id":"","item_id":"itm_001_01","qty":1}`), bad, 400),
		put(lines(`{"line_id":"lin_1","item_id":"","qty":1}`), bad, 400),
		put(lines(`{"line_id":"lin_1","item_id":"itm_001_01","qty":0}`), bad, 400),
		put(lines(`{"line_id":"lin_1","item_id":"itm_001_01","qty":100}`), bad, 400),
	} {
		r.check(t, handler)
	}
}

func TestWhatMayBeReused(t *testing.T) {
	handler := contract.Handler(t, spec, service())
	for target, caching := range map[string]string{
		"/restaurants":                       "public, max-age=60",
		"/restaurants?ids=res_001,res_999":   "public, max-age=60",
		"/restaurants?lat=48.1&lng=11.5&q=a": "public, max-age=60",
		"/menus?restaurant_ids=res_001":      "public, max-age=300",
		"/items?ids=itm_001_01,itm_030_20":   "public, max-age=300",
		"/images/itm_001_01.svg":             "public, max-age=31536000, immutable",
	} {
		first := request{method: "GET", target: target}.send(handler)
		tag := first.Header().Get("ETag")
		if first.Code != http.StatusOK || tag == "" || first.Header().Get("Cache-Control") != caching {
			t.Errorf("%s: %d %v", target, first.Code, first.Header())
		}
		for field, want := range map[string]int{
			tag: 304, "W/" + tag: 304, `"other", ` + tag: 304, "*": 304, `"other"`: 200, strings.Trim(tag, `"`): 200,
		} {
			again := request{method: "GET", target: target, header: map[string]string{"If-None-Match": field}}.send(handler)
			if again.Code != want || (want == 304) != (again.Body.Len() == 0) || again.Header().Get("ETag") != tag {
				t.Errorf("%s with If-None-Match %s: %d, %d bytes", target, field, again.Code, again.Body.Len())
			}
		}
	}
}

func TestStockIsNeverReused(t *testing.T) {
	handler := contract.Handler(t, spec, service())
	res := request{method: "GET", target: "/stock?ids=itm_001_01,nothing", header: map[string]string{"If-None-Match": "*"}}.send(handler)
	if res.Code != 200 || res.Header().Get("Cache-Control") != "no-store" || res.Header().Get("ETag") != "" {
		t.Errorf("%d %v", res.Code, res.Header())
	}
	if want := `{"stock":[{"item_id":"itm_001_01","on_hand":1000000}]}`; res.Body.String() != want {
		t.Errorf("%s, want %s", res.Body, want)
	}
}

// A price is a JSON number with the currency's decimals, as the contract says.
func TestPricesAreNumbersWithDecimals(t *testing.T) {
	res := request{method: "GET", target: "/items?ids=itm_001_02"}.send(contract.Handler(t, spec, service()))
	for _, want := range []string{`"price":8.90,`, `"surcharge":1.20}`, `"currency":"EUR"`} {
		if !strings.Contains(res.Body.String(), want) {
			t.Errorf("no %s in %s", want, res.Body)
		}
	}
}

// The statuses of reservations on the wire; what they mean is tested with the client.
func TestReservationStatuses(t *testing.T) {
	handler := contract.Handler(t, spec, service())
	body := `{"restaurant_id":"res_001","lines":[{"line_id":"lin_1","item_id":"itm_001_01","qty":1}]}`
	for _, r := range []request{
		{method: "PUT", target: "/reservations/ord_1", key: `"1"`, body: body, status: 201},
		{method: "PUT", target: "/reservations/ord_1", key: `"1"`, body: body, status: 201}, // replayed
		{method: "PUT", target: "/reservations/ord_1", key: `"2"`, body: body, status: 200},
		{method: "PUT", target: "/reservations/ord_2", key: `"2"`, body: body, status: 422, code: "idempotency_key_reused"},
		{method: "POST", target: "/reservations/ord_1/release", key: `"3"`, status: 200},
		{method: "POST", target: "/reservations/ord_1/release", key: `"4"`, status: 200},
		{method: "PUT", target: "/reservations/ord_1", key: `"5"`, body: body, status: 410, code: "released"},
	} {
		if r.body != "" {
			r.media = "application/json"
		}
		r.check(t, handler)
	}
}
