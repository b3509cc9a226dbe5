package payments_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/payments"
	"tiffin/backends/xmlapi"
	"tiffin/fault"
	demo "tiffin/internal/demo/payments"
	"tiffin/internal/storefront"
	"tiffin/internal/testkit"
)

func (w world) inquire(t *testing.T) payments.Payment {
	t.Helper()
	payment, found, err := w.Inquire(t.Context(), ref)
	if err != nil || !found {
		t.Fatalf("inquiry: found %t, %v", found, err)
	}
	return payment
}

func TestAuthorizeCaptureRefund(t *testing.T) {
	w := begin(t, record(t))
	ctx := t.Context()
	held := payments.Payment{
		Status: payments.PaymentStatusAuthorized, Authorized: eur(2740), Captured: eur(0), Refunded: eur(0), AuthorizationID: "AUT-" + ref,
	}
	got, err := w.Authorize(ctx, ref+":authorize", order("tok_ok"))
	if diff := cmp.Diff(held, got); diff != "" || err != nil {
		t.Fatal(err, diff)
	}
	if diff := cmp.Diff(held, w.inquire(t)); diff != "" {
		t.Error(diff)
	}
	if err := w.Capture(ctx, ref+":capture", ref, eur(2740)); err != nil {
		t.Fatal(err)
	}
	if err := w.Refund(ctx, ref+":refund:1", ref, eur(740)); err != nil {
		t.Fatal(err)
	}
	want := held
	want.Status, want.Captured, want.Refunded = payments.PaymentStatusRefunded, eur(2740), eur(740)
	if diff := cmp.Diff(want, w.inquire(t)); diff != "" {
		t.Error(diff)
	}
	if err := w.Refund(ctx, ref+":refund:2", ref, eur(2000)); err != nil {
		t.Fatal(err)
	}
	ledger := demo.Account{Ref: ref, Authorizations: 1, Captures: 1, CapturedMinor: 2740, RefundedMinor: 2740, Currency: "EUR"}
	if diff := cmp.Diff(ledger, w.account()); diff != "" {
		t.Error(diff)
	}
}

func TestOtherCurrenciesStayExact(t *testing.T) {
	recorded := record(t)
	for _, amount := range []storefront.Money{{Minor: 1200, Currency: "JPY"}, {Minor: 1250, Currency: "KWD"}, {Minor: 9_007_199_254_740_993, Currency: "EUR"}} {
		w := begin(t, recorded)
		asked := order("tok_ok")
		asked.Amount, asked.Method = amount, "apple_pay"
		got, err := w.Authorize(t.Context(), "k", asked)
		if err != nil || got.Authorized != amount || w.inquire(t).Authorized != amount {
			t.Errorf("%v: %v, %v", amount, got, err)
		}
	}
}

func TestReplays(t *testing.T) {
	w := begin(t, record(t))
	steps := []func(ctx context.Context, key string) error{
		func(ctx context.Context, key string) error {
			_, err := w.Authorize(ctx, key, order("tok_ok"))
			return err
		},
		func(ctx context.Context, key string) error { return w.Capture(ctx, key, ref, eur(2740)) },
		func(ctx context.Context, key string) error { return w.Refund(ctx, key, ref, eur(1000)) },
	}
	for i, step := range steps {
		for range 3 {
			if err := step(t.Context(), "step:"+strconv.Itoa(i)); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
	}
	// Authorize and Capture are the same under another key, too.
	for i, step := range steps[:2] {
		if err := step(t.Context(), "again:"+strconv.Itoa(i)); err != nil {
			t.Fatalf("step %d under another key: %v", i, err)
		}
	}
	want := demo.Account{Ref: ref, Authorizations: 1, Captures: 1, CapturedMinor: 2740, RefundedMinor: 1000, Currency: "EUR"}
	if diff := cmp.Diff(want, w.account()); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	authorize := func(token string) func(context.Context, world) error {
		return func(ctx context.Context, w world) error {
			_, err := w.Authorize(ctx, "authorize:"+token, order(token))
			return err
		}
	}
	capture := func(amount storefront.Money) func(context.Context, world) error {
		return func(ctx context.Context, w world) error {
			return w.Capture(ctx, "capture:"+amount.String(), ref, amount)
		}
	}
	refund := func(amount storefront.Money) func(context.Context, world) error {
		return func(ctx context.Context, w world) error {
			return w.Refund(ctx, "refund:"+amount.String(), ref, amount)
		}
	}
	void := func(ctx context.Context, w world) error { return w.Void(ctx, "void", ref) }
	type step = func(context.Context, world) error
	tests := []struct {
		name   string
		before []step
		step   step
		want   string
	}{
		{"declined", nil, authorize("tok_declined"), "DECLINED"},
		{"a card that the bank does not know", nil, authorize("tok_nobody"), "DECLINED"},
		{"authorize after void", []step{void}, authorize("tok_ok"), "VOIDED"},
		{"authorize after a void of the same", []step{authorize("tok_ok"), void}, authorize("tok_3ds"), "VOIDED"},
		{"capture of nothing", nil, capture(eur(2740)), "NO_AUTHORIZATION"},
		{"capture after void", []step{authorize("tok_ok"), void}, capture(eur(2740)), "NO_AUTHORIZATION"},
		{"capture of what was declined", []step{}, func(ctx context.Context, w world) error {
			_ = authorize("tok_declined")(ctx, w)
			return capture(eur(2740))(ctx, w)
		}, "NO_AUTHORIZATION"},
		{"capture before the customer's answer", []step{authorize("tok_3ds")}, capture(eur(2740)), "NO_AUTHORIZATION"},
		{"capture of more", []step{authorize("tok_ok")}, capture(eur(2741)), "CAPTURE_REFUSED"},
		{"capture in another currency", []step{authorize("tok_ok")}, capture(storefront.Money{Minor: 2740, Currency: "USD"}), "CAPTURE_REFUSED"},
		{"capture that the bank refuses", []step{authorize("tok_capture_refused")}, capture(eur(2740)), "CAPTURE_REFUSED"},
		{"void after capture", []step{authorize("tok_ok"), capture(eur(2740))}, void, "ALREADY_CAPTURED"},
		{"refund of more", []step{authorize("tok_ok"), capture(eur(2740))}, refund(eur(2741)), "REFUND_EXCEEDS"},
		{"refund of more than is left", []step{authorize("tok_ok"), capture(eur(2740)), refund(eur(2000))}, refund(eur(741)), "REFUND_EXCEEDS"},
		{"refund of what is only held", []step{authorize("tok_ok")}, refund(eur(1)), "REFUND_EXCEEDS"},
		{"refund of nothing", nil, refund(eur(1)), "REFUND_EXCEEDS"},
	}
	recorded := record(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := begin(t, recorded)
			for i, before := range tt.before {
				if err := before(t.Context(), w); err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
			}
			was := w.account()
			err := tt.step(t.Context(), w)
			if reason(err) != tt.want || isDeclined(err) != (tt.want == "DECLINED") {
				t.Errorf("%v, want the refusal %s", err, tt.want)
			}
			if got := w.account(); got != was && was.Ref != "" {
				t.Errorf("the ledger moved from %v to %v", was, got)
			}
		})
	}
}

// What is a no without proving that nothing happened must not look like a refusal.
func TestNotRefusals(t *testing.T) {
	w := begin(t, record(t))
	ctx := t.Context()
	if _, err := w.Authorize(ctx, "a", order("tok_ok")); err != nil {
		t.Fatal(err)
	}
	other := order("tok_ok")
	other.Amount = eur(1)
	_, reusedRef := w.Authorize(ctx, "b", other)
	_, reusedKey := w.Authorize(ctx, "a", other)
	_ = w.Capture(ctx, "c", ref, eur(2740))
	mismatch := w.Capture(ctx, "d", ref, eur(1))
	for name, err := range map[string]error{"reference reused": reusedRef, "key reused": reusedKey, "captured otherwise": mismatch} {
		var broken *fault.Error
		if reason(err) != "" || !errors.As(err, &broken) || broken.Retryable {
			t.Errorf("%s: %v, want a fault that is neither a refusal nor mended by a repeat", name, err)
		}
	}
}

func TestVoid(t *testing.T) {
	recorded := record(t)
	for _, token := range []string{"", "tok_ok", "tok_3ds", "tok_declined"} {
		t.Run(token, func(t *testing.T) {
			w := begin(t, recorded)
			if token != "" {
				_, _ = w.Authorize(t.Context(), "a", order(token))
			}
			for range 2 {
				if err := w.Void(t.Context(), "v", ref); err != nil {
					t.Fatal(err)
				}
			}
			got, want := w.inquire(t), payments.PaymentStatusVoided
			if token == "tok_declined" {
				want = payments.PaymentStatusDeclined
			}
			if got.Status != want || got.Authorized != eur(0) || w.account().HeldMinor != 0 {
				t.Errorf("%+v, %+v; want %s and nothing held", got, w.account(), want)
			}
		})
	}
}

func TestInquireUnknown(t *testing.T) {
	w := begin(t, record(t))
	if payment, found, err := w.Inquire(t.Context(), ref); found || err != nil {
		t.Errorf("%v, %t, %v, want not found", payment, found, err)
	}
}

func TestSystemFault(t *testing.T) {
	recorded := record(t)
	network := testkit.Start(t, map[string]http.Handler{"payments": recorded.tap(http.HandlerFunc(demo.SystemFault))})
	err := payments.New(network.Transport()).Capture(t.Context(), "c", ref, eur(1))
	var unavailable *fault.Error
	if reason(err) != "" || !errors.As(err, &unavailable) || !unavailable.Retryable {
		t.Errorf("%v, want a fault worth a repeat", err)
	}
	if reported := new(xmlapi.Fault); !errors.As(err, &reported) || reported.Code != "SYSTEM_FAILURE" {
		t.Errorf("%v, want the service's fault inside", err)
	}
}

// What the client would never send is answered in the contract's words, too.
func TestTheServiceRefusesBadDocuments(t *testing.T) {
	const good = `<CaptureRequest xmlns="urn:tiffinpay:payments:v1"><MerchantRef>a</MerchantRef><Amount currency="EUR">1.00</Amount></CaptureRequest>`
	tests := map[string]struct{ path, contentType, body string }{
		"no XML":              {"capture", "application/xml", "{}"},
		"no document":         {"capture", "application/xml", ""},
		"trailing":            {"capture", "application/xml", good + good},
		"another operation's": {"void", "application/xml", good},
		"another media type":  {"capture", "application/json", good},
		"no amount":           {"capture", "application/xml", `<CaptureRequest xmlns="urn:tiffinpay:payments:v1"><MerchantRef>a</MerchantRef></CaptureRequest>`},
		"zero":                {"refund", "application/xml", `<RefundRequest xmlns="urn:tiffinpay:payments:v1"><MerchantRef>a</MerchantRef><Amount currency="EUR">0.00</Amount></RefundRequest>`},
		"a bad reference":     {"void", "application/xml", `<VoidRequest xmlns="urn:tiffinpay:payments:v1"><MerchantRef>a b</MerchantRef></VoidRequest>`},
		"no reference":        {"authorize", "application/xml", `<AuthorizeRequest xmlns="urn:tiffinpay:payments:v1"><Amount currency="EUR">1.00</Amount></AuthorizeRequest>`},
		"no references":       {"inquiries", "application/xml", `<InquiriesRequest xmlns="urn:tiffinpay:payments:v1"/>`},
	}
	service := demo.New(demo.Config{Now: time.Now})
	network := testkit.Start(t, map[string]http.Handler{"payments": service.Handler()})
	for name, tt := range tests {
		req, _ := http.NewRequest(http.MethodPost, "http://payments/payments/"+tt.path, strings.NewReader(tt.body))
		req.Header.Set("Content-Type", tt.contentType)
		req.Header.Set("Idempotency-Key", strconv.Quote(name))
		res, err := network.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || !strings.Contains(string(body), "<Code>BAD_REQUEST</Code>") {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
		testkit.XSD(t, schema, body)
	}
	if got := service.Accounts(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}
