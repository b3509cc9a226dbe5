package board_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/board"
	"tiffin/internal/demo/stage"
)

func newBoard(report audit.Report) http.Handler {
	instances := map[string]int{"orders": 3, "inventory": 3, "payments": 2, "delivery": 3, "geocoding": 2}
	calls := stage.NewCalls("orders", "inventory", "payments", "delivery", "geocoding")
	orders := stage.Instance(stage.InstanceConfig{Service: "orders", Handler: ordersMux(), Calls: calls})
	desk := board.New(board.Config{
		URL:    "http://127.0.0.1:8190",
		Faults: stage.NewFaults(instances), Promises: map[string]*stage.Promises{"orders": stage.NewPromises()}, Calls: calls, Audit: func() audit.Report { return report },
		Places: []board.Place{{Name: "orders", URLs: []string{"http://127.0.0.1:8100", "http://127.0.0.1:8101"}}},
	})
	mux := http.NewServeMux()
	mux.Handle("/orders", orders) // so that there is something to count
	mux.Handle("/", desk)
	return mux
}

func ordersMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(http.ResponseWriter, *http.Request) {})
	return mux
}

func ask(t *testing.T, h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // curl -d
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// script is a row of requests to one board.
type script []struct {
	method, path, body string
	status             int
	want               string
}

func (s script) run(t *testing.T, h http.Handler) {
	t.Helper()
	for _, step := range s {
		w := ask(t, h, step.method, step.path, step.body)
		if w.Code != step.status || !strings.Contains(w.Body.String(), step.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", step.method, step.path, step.body, w.Code, w.Body, step.status, step.want)
		}
	}
}

func TestFaults(t *testing.T) {
	script{
		{"GET", "/faults", "", 200, `[]`},
		{"POST", "/faults", `{"service":"inventory","instance":0,"kind":"status","rate":0.5,"ms":500,"status":502}`, 201, `{"id":"flt_1"}`},
		{"POST", "/faults", `{"service":"payments","instance":null,"kind":"xml_fault"}`, 201, `{"id":"flt_2"}`},
		{"GET", "/faults", "", 200, `[{"id":"flt_1","service":"inventory","instance":0,"kind":"status","rate":0.5,"ms":500,"status":502},` +
			`{"id":"flt_2","service":"payments","kind":"xml_fault","rate":1}]`},
		{"DELETE", "/faults", "", 204, ""},
		{"GET", "/faults", "", 200, `[]`},
	}.run(t, newBoard(audit.Report{}))
}

func TestFaultsAreRefused(t *testing.T) {
	script{
		{"POST", "/faults", `{"service":"order","kind":"down"}`, 422, `service must be one of [delivery geocoding inventory orders payments].`},
		{"POST", "/faults", `{"service":"orders","kind":"slow"}`, 422, `"allowed":"one of [down latency status reset lost_answer truncate garbage late xml_fault]"`},
		{"POST", "/faults", `{"service":"geocoding","instance":2,"kind":"down"}`, 422, `"member":"instance"`},
		{"POST", "/faults", `{"service":"orders","kind":"down","rate":0}`, 422, `rate must be above 0 and at most 1.`},
		{"POST", "/faults", `{"service":"orders","kind":"down","rate":1.5}`, 422, `"code":"invalid_fault"`},
		{"POST", "/faults", `{"service":"orders","kind":"down","rates":1}`, 400, `malformed_body`},
		{"POST", "/faults", `{"service":"orders","kind":"down","ms":"1"}`, 400, `malformed_body`},
		{"POST", "/faults", `service=orders`, 400, `malformed_body`},
		{"PUT", "/faults", `{}`, 405, ``},
		{"GET", "/faults", "", 200, `[]`},
	}.run(t, newBoard(audit.Report{}))
}

func TestTooManyFaults(t *testing.T) {
	h := newBoard(audit.Report{})
	for range 100 {
		ask(t, h, "POST", "/faults", `{"service":"orders","kind":"reset"}`)
	}
	script{{"POST", "/faults", `{"service":"orders","kind":"reset"}`, 409, `too_many_faults`}}.run(t, h)
}

func TestCalls(t *testing.T) {
	const none = `{"delivery":{},"geocoding":{},"inventory":{},"orders":{},"payments":{}}`
	script{
		{"GET", "/calls", "", 200, none},
		{"GET", "/orders", "", 200, ""},
		{"GET", "/calls", "", 200, strings.Replace(none, `"orders":{}`, `"orders":{"GET /orders":1}`, 1)},
		{"GET", "/", "", 200, "GET /orders"},
		{"DELETE", "/calls", "", 204, ""},
		{"GET", "/calls", "", 200, none},
	}.run(t, newBoard(audit.Report{}))
}

func TestAudit(t *testing.T) {
	script{{"GET", "/audit", "", 200, `{"orders":2,"open":1,"called_off":0,"violations":[]}`}}.run(t, newBoard(audit.Report{Orders: 2, Open: 1}))
	bad := audit.Report{Orders: 1, Violations: []audit.Violation{{Order: "ord_1", Rule: "no_hold", Detail: "<b> is held"}}}
	script{
		{"GET", "/audit", "", 200, `{"orders":1,"open":0,"called_off":0,"violations":[{"order":"ord_1","rule":"no_hold","detail":"<b> is held"}]}`},
		{"GET", "/", "", 200, "&lt;b&gt; is held"},
	}.run(t, newBoard(bad))
}

func TestIndex(t *testing.T) {
	h := newBoard(audit.Report{Orders: 200})
	ask(t, h, "POST", "/faults", `{"service":"orders","instance":0,"kind":"latency","ms":7}`)
	script{
		{"GET", "/", "", 200, "http://127.0.0.1:8101"},
		{"GET", "/", "", 200, "curl -X DELETE http://127.0.0.1:8190/faults"},
		{"GET", "/", "", 200, "Every rule holds."},
		{"GET", "/", "", 200, "<td>flt_1<td>orders<td>0<td>latency 7 ms<td>1"},
		{"GET", "/nothing", "", 404, ""},
	}.run(t, h)
}

func TestPagesOfOthersCannotWrite(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/faults", http.NoBody)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	newBoard(audit.Report{}).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("%d, want 403", w.Code)
	}
}
