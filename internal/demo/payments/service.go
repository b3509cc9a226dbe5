// Package payments simulates the payment service: a ledger behind legacy XML, with faults under HTTP 200, and a bank whose answer
// depends on the token. Its contract is backends/payments/payments.xsd.
//
//	handlers.go    an XML document in, one out
//	ledger.go      the accounts, and what may happen to them
//	account.go     one payment: its states and sums
//	bank.go        what the bank says to a token
//	challenge.go   the page on which the customer answers the bank
package payments

import (
	"html/template"
	"net/http"
	"time"

	"tiffin/internal/demo/seed"
	"tiffin/internal/demo/stage"
)

// Config is what the service starts with. Zero values stand for the defaults in brackets.
type Config struct {
	// Past are the orders whose money the service remembers.
	Past []seed.Order
	// Now is the service's clock.
	Now func() time.Time
	// PublicURL is where a browser reaches any instance, without a slash at the end; challenge pages are below it [http://payments].
	PublicURL string
	// ChallengeTTL is how long a customer has to answer the bank [10 min].
	ChallengeTTL time.Duration
	// Promises are what the service keeps; nil for all.
	Promises *stage.Promises
}

// Service is the service's state, shared by its instances. Safe for concurrent use.
type Service struct {
	ledger    *ledger
	keys      *stage.Keys
	promises  *stage.Promises
	page      *template.Template
	publicURL string
}

// New returns the service with the payments of the past.
func New(cfg Config) *Service {
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://payments"
	}
	if cfg.ChallengeTTL == 0 {
		cfg.ChallengeTTL = 10 * time.Minute
	}
	return &Service{
		ledger:    newLedger(cfg.Now, cfg.ChallengeTTL, cfg.Past, cfg.Promises),
		keys:      stage.NewKeys(cfg.Promises),
		promises:  cfg.Promises,
		page:      challengePage(),
		publicURL: cfg.PublicURL,
	}
}

// Handler answers for every instance. It is an [*http.ServeMux].
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /payments/authorize", s.keys.Once(answer(s.authorize)))
	mux.HandleFunc("POST /payments/capture", s.keys.Once(answer(s.capture)))
	mux.HandleFunc("POST /payments/void", s.keys.Once(answer(s.void)))
	mux.HandleFunc("POST /payments/refund", s.keys.Once(answer(s.refund)))
	mux.HandleFunc("POST /payments/inquiry", answer(s.inquiry))
	mux.HandleFunc("POST /payments/inquiries", answer(s.inquiries))
	mux.HandleFunc("GET /challenge/{ref}", s.showChallenge)
	mux.HandleFunc("POST /challenge/{ref}", s.decideChallenge)
	return mux
}

// Account is what the audit wants to know of one payment. The counts are of what happened to the customer's money, not of calls: more
// than one authorization or capture is a double charge.
type Account struct {
	Ref                      string
	Authorizations, Captures int
	// HeldMinor is what is held now; the other two are sums over all time.
	HeldMinor, CapturedMinor, RefundedMinor int64
	Currency                                string
}

// Accounts returns all payments that the service has heard of, in no order. A reference that was voided before anything else came is
// among them, with nothing in it.
func (s *Service) Accounts() []Account { return s.ledger.accounts() }

// SystemFault answers as the service does when its own systems fail: a fault under HTTP 200 that says to try again, and nothing of
// what became of the request.
func SystemFault(w http.ResponseWriter, _ *http.Request) {
	write(w, faultDocument{Code: "SYSTEM_FAILURE", Text: "A system behind this service did not answer.", Retryable: true})
}
