package payments_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tiffin/internal/demo/payments"
	"tiffin/internal/demo/seed"
	"tiffin/internal/demo/stage"
)

// The money is tested from the client's side, in backends/payments; here is what the client does not see.

const challenged = `<AuthorizeRequest xmlns="urn:tiffinpay:payments:v1"><MerchantRef>ref-1</MerchantRef>` +
	`<Amount currency="EUR">12.50</Amount><Instrument><Type>CARD</Type><Token>tok_3ds</Token></Instrument></AuthorizeRequest>`

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func post(handler http.Handler, path, contentType, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Idempotency-Key", `"key"`)
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, req)
	return rec
}

func get(handler http.Handler, path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return rec
}

func decide(handler http.Handler, path, decision string) *httptest.ResponseRecorder {
	return post(handler, path, "application/x-www-form-urlencoded", url.Values{"decision": {decision}}.Encode())
}

func TestChallengePage(t *testing.T) {
	service := payments.New(payments.Config{Now: noon, PublicURL: "http://127.0.0.1:8120"}).Handler()
	asked := post(service, "/payments/authorize", "application/xml", challenged).Body.String()
	for _, want := range []string{"<ChallengeUrl>http://127.0.0.1:8120/challenge/ref-1</ChallengeUrl>", "<ExpiresAt>2026-11-23T12:10:00</ExpiresAt>"} {
		if !strings.Contains(asked, want) {
			t.Errorf("the answer has no %s: %s", want, asked)
		}
	}
	page := get(service, "/challenge/ref-1")
	for _, want := range []string{"12.50 EUR", `value="approve"`, `value="decline"`, "ref-1"} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if policy := page.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("Content-Security-Policy: %q", policy)
	}
	answered := decide(service, "/challenge/ref-1", "approve")
	if answered.Code != http.StatusSeeOther || answered.Header().Get("Location") != "/challenge/ref-1" {
		t.Errorf("%d to %q", answered.Code, answered.Header().Get("Location"))
	}
	after := get(service, "/challenge/ref-1").Body.String()
	if !strings.Contains(after, `<b id="status">authorized</b>`) || strings.Contains(after, "<button") {
		t.Errorf("the page after the answer: %s", after)
	}
}

func TestChallengePageRefuses(t *testing.T) {
	service := payments.New(payments.Config{Now: noon})
	handler := service.Handler()
	post(handler, "/payments/authorize", "application/xml", challenged)
	tests := map[string]struct {
		got  *httptest.ResponseRecorder
		want int
	}{
		"an unknown reference":           {get(handler, "/challenge/ref-2"), http.StatusNotFound},
		"an answer to an unknown one":    {decide(handler, "/challenge/ref-2", "approve"), http.StatusNotFound},
		"no answer":                      {decide(handler, "/challenge/ref-1", ""), http.StatusBadRequest},
		"another answer":                 {decide(handler, "/challenge/ref-1", "perhaps"), http.StatusBadRequest},
		"an answer longer than a form's": {decide(handler, "/challenge/ref-1", strings.Repeat("approve", 1000)), http.StatusBadRequest},
	}
	for name, tt := range tests {
		if tt.got.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, tt.got.Code, tt.want)
		}
	}
	if a := service.Accounts()[0]; a.HeldMinor != 0 {
		t.Errorf("%+v, want nothing held", a)
	}
}

func TestPast(t *testing.T) {
	confirmed := []seed.Event{{Status: "confirmed"}}
	service := payments.New(payments.Config{Now: noon, Past: []seed.Order{
		{Ref: "done", TotalMinor: 100, Status: "completed", Timeline: confirmed},
		{Ref: "cooking", TotalMinor: 200, Status: "preparing", Timeline: confirmed},
		{Ref: "never", TotalMinor: 300, Status: "cancelled"},
		{Ref: "changed", TotalMinor: 400, Status: "cancelled", Timeline: confirmed},
	}})
	want := []payments.Account{
		{Ref: "changed", Authorizations: 1, Captures: 1, CapturedMinor: 400, RefundedMinor: 400, Currency: "EUR"},
		{Ref: "cooking", Authorizations: 1, Captures: 1, CapturedMinor: 200, Currency: "EUR"},
		{Ref: "done", Authorizations: 1, Captures: 1, CapturedMinor: 100, Currency: "EUR"},
		{Ref: "never", Authorizations: 1, Currency: "EUR"},
	}
	byRef := cmpopts.SortSlices(func(a, b payments.Account) bool { return a.Ref < b.Ref })
	if diff := cmp.Diff(want, service.Accounts(), byRef); diff != "" {
		t.Error(diff)
	}
}

// An instance counts the calls of each operation by its route, and can answer with the service's own fault.
func TestOnStage(t *testing.T) {
	calls, faults := stage.NewCalls("payments"), stage.NewFaults(map[string]int{"payments": 1})
	instance := stage.Instance(stage.InstanceConfig{
		Service: "payments", Handler: payments.New(payments.Config{Now: noon}).Handler(),
		Calls: calls, Faults: faults, SystemFault: payments.SystemFault,
	})
	post(instance, "/payments/authorize", "application/xml", challenged)
	get(instance, "/challenge/ref-1")
	want := map[string]int{"POST /payments/authorize": 1, "GET /challenge/{ref}": 1}
	if got := calls.Snapshot()["payments"]; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if _, err := faults.Add(stage.Fault{Service: "payments", Kind: stage.XMLFault, Rate: 1}); err != nil {
		t.Fatal(err)
	}
	rec := post(instance, "/payments/authorize", "application/xml", challenged)
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "<Retryable>true</Retryable>") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestWritesNeedAKey(t *testing.T) {
	service := payments.New(payments.Config{Now: noon})
	for _, operation := range []string{"authorize", "capture", "void", "refund"} {
		rec := httptest.NewRecorder()
		service.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/payments/"+operation, strings.NewReader(challenged)))
		if rec.Code != http.StatusBadRequest {
			t.Errorf("%s without a key: %d", operation, rec.Code)
		}
	}
}
