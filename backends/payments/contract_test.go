package payments_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/payments"
	"tiffin/internal/storefront"
	"tiffin/internal/testkit"
)

// documents reads the files of a folder by name without ".xml".
func documents(t *testing.T, pattern string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	docs := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs[strings.TrimSuffix(filepath.Base(file), ".xml")] = text
	}
	return docs
}

func TestSamplesAreValid(t *testing.T) {
	for name, doc := range documents(t, "testdata/*.xml") {
		t.Run(name, func(t *testing.T) { testkit.XSD(t, schema, doc) })
	}
}

func TestInvalidSamplesAreNot(t *testing.T) {
	for name, doc := range documents(t, "testdata/invalid/*.xml") {
		t.Run(name, func(t *testing.T) {
			testkit.XSD(t, schema) // skips or fails here when xmllint is missing
			fake := &testkit.FakeT{}
			testkit.XSD(fake, schema, doc)
			if len(fake.Errors) != 1 || !strings.Contains(fake.Errors[0], "fails to validate") {
				t.Errorf("reported %q, want one document that is not valid", fake.Errors)
			}
		})
	}
}

// Every document of the contract has a sample.
func TestSamplesAreComplete(t *testing.T) {
	var contract struct {
		Elements []struct {
			Name string `xml:"name,attr"`
		} `xml:"http://www.w3.org/2001/XMLSchema element"`
	}
	text, err := os.ReadFile(schema)
	if err != nil || xml.Unmarshal(text, &contract) != nil || len(contract.Elements) == 0 {
		t.Fatalf("%s cannot be read: %v", schema, err)
	}
	var roots []string
	for name, doc := range documents(t, "testdata/*.xml") {
		var root struct{ XMLName xml.Name }
		if err := xml.Unmarshal(doc, &root); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		roots = append(roots, root.XMLName.Local)
	}
	for _, element := range contract.Elements {
		if !slices.Contains(roots, element.Name) {
			t.Errorf("%s has no sample in testdata", element.Name)
		}
	}
}

// answering is a client whose service always gives the same document.
func answering(t testkit.T, body string) *payments.Client {
	network := testkit.Start(t, map[string]http.Handler{"payments": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = io.WriteString(w, body)
	})})
	return payments.New(network.Transport())
}

// The client reads the samples as the contract means them.
func TestTheClientReadsTheSamples(t *testing.T) {
	docs := documents(t, "testdata/*.xml")
	kwd := func(minor int64) storefront.Money { return storefront.Money{Minor: minor, Currency: "KWD"} }
	yen := storefront.Money{Currency: "JPY"}
	tests := map[string]struct {
		call func(*payments.Client) (any, error)
		want any
	}{
		"authorize-response-approved": {
			func(c *payments.Client) (any, error) { return c.Authorize(t.Context(), "k", order("t")) },
			payments.Payment{Status: payments.PaymentStatusAuthorized, Authorized: eur(2740), Captured: eur(0), Refunded: eur(0), AuthorizationID: "AUT-7731"},
		},
		"authorize-response-action-required": {
			func(c *payments.Client) (any, error) { return c.Authorize(t.Context(), "k", order("t")) },
			payments.Payment{
				Status: payments.PaymentStatusActionRequired, Authorized: eur(0), Captured: eur(0), Refunded: eur(0),
				Action: &payments.RequiredAction{URL: "https://bank.example/challenge/" + ref, ExpiresAt: time.Date(2026, 11, 23, 18, 40, 0, 0, time.UTC)},
			},
		},
		"authorize-response-declined": {
			func(c *payments.Client) (any, error) {
				_, err := c.Authorize(t.Context(), "k", order("t"))
				return isDeclined(err), nil
			}, true,
		},
		"capture-response": {func(c *payments.Client) (any, error) { return nil, c.Capture(t.Context(), "k", ref, eur(2740)) }, nil},
		"void-response":    {func(c *payments.Client) (any, error) { return nil, c.Void(t.Context(), "k", ref) }, nil},
		"refund-response":  {func(c *payments.Client) (any, error) { return nil, c.Refund(t.Context(), "k", ref, eur(2740)) }, nil},
		"inquiry-response": {
			func(c *payments.Client) (any, error) {
				payment, _, err := c.Inquire(t.Context(), ref)
				return payment, err
			},
			payments.Payment{Status: payments.PaymentStatusCaptured, Authorized: eur(2740), Captured: eur(2740), Refunded: eur(0), AuthorizationID: "AUT-7731"},
		},
		"inquiries-response": {
			func(c *payments.Client) (any, error) {
				return c.ByReferences(t.Context(), []string{"unknown", ref, "b2k3j4h5g6f7d2s3a4p5o6i7u2"})
			},
			map[string]*payments.Payment{
				ref: {Status: payments.PaymentStatusRefunded, Authorized: kwd(1250), Captured: kwd(1250), Refunded: kwd(250), AuthorizationID: "AUT-7731"},
				"b2k3j4h5g6f7d2s3a4p5o6i7u2": {
					Status: payments.PaymentStatusActionRequired, Authorized: yen, Captured: yen, Refunded: yen,
					Action: &payments.RequiredAction{URL: "https://bank.example/challenge/b2", ExpiresAt: time.Date(2026, 11, 23, 18, 40, 0, 25e7, time.UTC)},
				},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.call(answering(t, string(docs[name])))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
