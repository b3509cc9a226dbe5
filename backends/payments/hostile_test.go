package payments_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"tiffin/backends/payments"
	"tiffin/fault"
)

// operations calls each with the arguments of the samples.
func operations(t *testing.T) map[string]func(*payments.Client) error {
	t.Helper()
	return map[string]func(*payments.Client) error{
		"authorize": func(c *payments.Client) error { _, err := c.Authorize(t.Context(), "k", order("t")); return err },
		"capture":   func(c *payments.Client) error { return c.Capture(t.Context(), "k", ref, eur(2740)) },
		"void":      func(c *payments.Client) error { return c.Void(t.Context(), "k", ref) },
		"refund":    func(c *payments.Client) error { return c.Refund(t.Context(), "k", ref, eur(2740)) },
		"inquiry": func(c *payments.Client) error {
			_, found, err := c.Inquire(t.Context(), ref)
			if err == nil && !found {
				return errors.New("not found")
			}
			return err
		},
		"inquiries": func(c *payments.Client) error { _, err := c.ByReferences(t.Context(), []string{ref}); return err },
	}
}

// doubt requires an error that proves nothing: a fault of the service.
func doubt(t *testing.T, err error) {
	t.Helper()
	var settled *fault.Error
	if !errors.As(err, &settled) || settled.Service != payments.Service || reason(err) != "" || isDeclined(err) {
		t.Errorf("%v, want a fault of the service that proves nothing", err)
	}
}

func sample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryOperationDoubtsGarbage(t *testing.T) {
	answers := map[string]string{
		"nothing": "", "HTML": "<html><body>Bad Gateway</body></html>", "JSON": `{"outcome":"APPROVED"}`,
		"another answer": `<StatusResponse xmlns="urn:tiffinpay:payments:v1"/>`,
		"retryable":      `<Fault xmlns="urn:tiffinpay:payments:v1"><Code>DECLINED</Code><Text/><Retryable>true</Retryable></Fault>`,
		"unknown fault":  `<Fault xmlns="urn:tiffinpay:payments:v1"><Code>GREMLIN</Code><Text/><Retryable>false</Retryable></Fault>`,
	}
	for name, call := range operations(t) {
		for what, answer := range answers {
			t.Run(name+"/"+what, func(t *testing.T) { doubt(t, call(answering(t, answer))) })
		}
		t.Run(name+"/truncated", func(t *testing.T) {
			file := strings.NewReplacer("authorize", "authorize-response-approved").Replace(name)
			if file == name {
				file += "-response"
			}
			whole := sample(t, file)
			doubt(t, call(answering(t, whole[:len(whole)-20])))
		})
	}
}

// A code is a refusal only where the contract lists it, and only if the service does not want another try.
func TestCodesCountForTheirOperationOnly(t *testing.T) {
	lists := map[string][]string{
		"authorize": {"VOIDED"}, "capture": {"NO_AUTHORIZATION", "CAPTURE_REFUSED"}, "void": {"ALREADY_CAPTURED"},
		"refund": {"REFUND_EXCEEDS"}, "inquiry": {}, "inquiries": {},
	}
	codes := []string{"VOIDED", "NO_AUTHORIZATION", "CAPTURE_REFUSED", "ALREADY_CAPTURED", "REFUND_EXCEEDS", "DECLINED", "AMOUNT_MISMATCH", "BAD_REQUEST"}
	for name, call := range operations(t) {
		for _, code := range codes {
			for _, retryable := range []string{"false", "true"} {
				answer := `<Fault xmlns="urn:tiffinpay:payments:v1"><Code>` + code + `</Code><Text>why</Text><Retryable>` + retryable + `</Retryable></Fault>`
				err := call(answering(t, answer))
				want := ""
				for _, listed := range lists[name] {
					if listed == code && retryable == "false" {
						want = code
					}
				}
				if reason(err) != want || err == nil {
					t.Errorf("%s answered %s, retryable %s: %v, want the refusal %q", name, code, retryable, err, want)
				}
			}
		}
	}
}

// Answers that are well-formed, and cannot be meant.
func TestContradictions(t *testing.T) {
	tests := []struct{ operation, sample, from, to string }{
		{"authorize", "authorize-response-approved", ref, "another"},
		{"authorize", "authorize-response-approved", "27.40", "27.41"},
		{"authorize", "authorize-response-approved", "27.40", "27.4O"},
		{"authorize", "authorize-response-approved", "27.40", "27.401"},
		{"authorize", "authorize-response-approved", "27.40", "-27.40"},
		{"authorize", "authorize-response-approved", "27.40", ""},
		{"authorize", "authorize-response-approved", `"EUR"`, `"USD"`},
		{"authorize", "authorize-response-approved", `"EUR"`, `"EURO"`},
		{"authorize", "authorize-response-approved", ` currency="EUR"`, ``},
		{"authorize", "authorize-response-approved", "APPROVED", "PERHAPS"},
		{"authorize", "authorize-response-approved", "<Outcome>APPROVED</Outcome>", ""},
		{"authorize", "authorize-response-approved", "<Outcome>", "<Outcome>DECLINED</Outcome><Outcome>"},
		{"authorize", "authorize-response-approved", "<AuthorizationId>AUT-7731</AuthorizationId>", `<AuthorizationId xsi:nil="true"/>`},
		{"authorize", "authorize-response-declined", ref, "another"},
		{"authorize", "authorize-response-action-required", "https://", "javascript://"},
		{"authorize", "authorize-response-action-required", "https://bank.example", ""},
		{"authorize", "authorize-response-action-required", "https://bank.example", "https://"},
		{"authorize", "authorize-response-action-required", "<ExpiresAt>2026-11-23T18:40:00</ExpiresAt>", `<ExpiresAt xsi:nil="true"/>`},
		{"authorize", "authorize-response-action-required", "2026-11-23T18:40:00", "tomorrow"},
		{"capture", "capture-response", ref, "another"},
		{"capture", "capture-response", "27.40", "2.74"},
		{"void", "void-response", ref, "another"},
		{"refund", "refund-response", ref, "another"},
		{"refund", "refund-response", "27.40", "2.74"},
		{"inquiry", "inquiry-response", ref, "another"},
		{"inquiry", "inquiry-response", `<Refunded currency="EUR">`, `<Refunded currency="USD">`},
		{"inquiry", "inquiry-response", `<Captured currency="EUR">`, `<Captured currency="USD">`},
		{"inquiry", "inquiry-response", "0.00", "0,00"},
		{"inquiry", "inquiry-response", "0.00", "-0.01"},
		{"inquiry", "inquiry-response", `<Captured currency="EUR">27.40</Captured>`, ""},
		{"inquiry", "inquiry-response", "CAPTURED", "ACTION_REQUIRED"},
		{"inquiries", "inquiries-response", "b2k3j4h5g6f7d2s3a4p5o6i7u2", ref},
		{"inquiries", "inquiries-response", "", ""}, // one that was not asked for
	}
	calls := operations(t)
	for _, tt := range tests {
		t.Run(tt.sample+"/"+tt.to, func(t *testing.T) {
			whole := sample(t, tt.sample)
			changed := strings.ReplaceAll(whole, tt.from, tt.to)
			if tt.from == "" {
				changed = whole
			} else if changed == whole {
				t.Fatalf("%q is not in the sample", tt.from)
			}
			doubt(t, calls[tt.operation](answering(t, changed)))
		})
	}
}

func TestStatuses(t *testing.T) {
	words := map[string]payments.PaymentStatus{
		"EXPIRED": payments.PaymentStatusDeclined, "PARTIALLY_REFUNDED": payments.PaymentStatusRefunded, "CHARGED_BACK": payments.PaymentStatusUnknown,
		"UNKNOWN": payments.PaymentStatusUnknown, "captured": payments.PaymentStatusUnknown,
	}
	for _, same := range payments.PaymentStatuses() {
		words[string(same)] = same
	}
	delete(words, "ACTION_REQUIRED") // has an action
	for word, want := range words {
		got, found, err := answering(t, strings.ReplaceAll(sample(t, "inquiry-response"), "CAPTURED", word)).Inquire(t.Context(), ref)
		if got.Status != want || !found || err != nil {
			t.Errorf("%s: %s, %v, want %s", word, got.Status, err, want)
		}
	}
}
