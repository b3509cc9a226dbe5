package payments_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"tiffin/backends/payments"
	"tiffin/fault"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/hostile"
)

// corpus is the hostile answers that every client of XML is held to, as answers to an authorization.
func corpus(t testing.TB) []hostile.Answer {
	t.Helper()
	text, err := os.ReadFile("testdata/authorize-response-approved.xml")
	if err != nil {
		t.Fatal(err)
	}
	_, inside, _ := strings.Cut(string(text), "<MerchantRef>")
	inside, _, _ = strings.Cut("<MerchantRef>"+inside, "</AuthorizeResponse>")
	return hostile.Answers(t, "../xmlapi/testdata/hostile", map[string]string{
		"namespace": "urn:tiffinpay:payments:v1",
		"open":      `<AuthorizeResponse xmlns="urn:tiffinpay:payments:v1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`,
		"inside":    inside,
		"first":     `<MerchantRef>` + ref + `</MerchantRef>`,
		"nil":       `<MerchantRef xsi:nil="true"/>`,
		"close":     "</AuthorizeResponse>",
	})
}

// No hostile answer proves anything: money that it speaks of is neither held nor refused, and only what says so is worth another try.
func TestHostileAnswersProveNothing(t *testing.T) {
	for _, a := range corpus(t) {
		t.Run(a.Name, func(t *testing.T) {
			network := testkit.Start(t, map[string]http.Handler{"payments": a})
			payment, err := payments.New(network.Transport()).Authorize(t.Context(), "k", order("t"))
			doubt(t, err)
			var settled *fault.Error
			retryable := a.Want == "unavailable" || strings.HasPrefix(a.Want, "fault-retryable ")
			if errors.As(err, &settled) && settled.Retryable != retryable || payment != (payments.Payment{}) {
				t.Errorf("%v, %+v; want %s", err, payment, a.Want)
			}
		})
	}
}

// canned answers everything alike.
type canned struct {
	status      int
	contentType string
	body        []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: c.status, Header: http.Header{"Content-Type": {c.contentType}}, Body: io.NopCloser(bytes.NewReader(c.body)),
		ContentLength: int64(len(c.body)), Request: r,
	}, nil
}

// FuzzAuthorize: whatever the bank answers, it is a hold of what was asked for, a definite no, or a doubt; never anything between.
func FuzzAuthorize(f *testing.F) {
	const longest = 10_000
	for _, a := range corpus(f) {
		if len(a.Body) < longest {
			f.Add(a.Status, a.ContentType, a.Body)
		}
	}
	for _, name := range []string{"approved", "declined", "action-required"} {
		text, err := os.ReadFile("testdata/authorize-response-" + name + ".xml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(http.StatusOK, "application/xml", text)
	}
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		payment, err := payments.New(canned{status, contentType, body}).Authorize(t.Context(), "k", order("t"))
		if err == nil {
			held := payment.Status == payments.PaymentStatusAuthorized && payment.Authorized == eur(2740)
			if status/100 != 2 || !held && payment.Status != payments.PaymentStatusActionRequired {
				t.Fatalf("%d taken for %+v", status, payment)
			}
			return
		}
		if isDeclined(err) || reason(err) != "" {
			if !bytes.Contains(body, []byte("DECLINED")) && !bytes.Contains(body, []byte("VOIDED")) {
				t.Fatalf("refused by %q", body)
			}
			return
		}
		doubt(t, err)
	})
}
