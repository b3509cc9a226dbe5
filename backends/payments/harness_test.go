package payments_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/payments"
	"tiffin/fault"
	demo "tiffin/internal/demo/payments"
	"tiffin/internal/storefront"
	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.FewerDraws()
	goleak.VerifyTestMain(m)
}

const (
	schema = "payments.xsd"
	ref    = "c7v3q2m4x5n6b7k2j3h4g5f6d7"
)

// start is when the simulated service opens.
var start = time.Date(2026, 11, 23, 18, 30, 0, 0, time.UTC)

func eur(minor int64) storefront.Money { return storefront.Money{Minor: minor, Currency: "EUR"} }

// order is an authorization of 27.40 EUR.
func order(token string) payments.Authorization {
	return payments.Authorization{Ref: ref, Amount: eur(2740), Method: "card", Token: token}
}

// tape records the documents that go either way, each once.
type tape struct {
	mu   sync.Mutex
	docs map[string]bool
}

// record returns a tape whose documents are checked against the contract when the test ends. Bubbles take one from outside: the check
// starts processes.
func record(t *testing.T) *tape {
	t.Helper()
	recorded := &tape{docs: map[string]bool{}}
	t.Cleanup(func() {
		var docs [][]byte
		for doc := range recorded.docs {
			docs = append(docs, []byte(doc))
		}
		testkit.XSD(t, schema, docs...)
	})
	return recorded
}

func (r *tape) add(doc []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.docs[string(doc)] = true
}

// tap records what passes by a handler of documents; the bank's pages and problems about keys are none.
func (r *tape) tap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasPrefix(req.URL.Path, "/payments/") {
			next.ServeHTTP(w, req)
			return
		}
		body, _ := io.ReadAll(req.Body)
		r.add(body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, req)
		if strings.Contains(rec.Header().Get("Content-Type"), "xml") {
			r.add(rec.Body.Bytes())
		}
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// world is the real client in front of the simulated service.
type world struct {
	*payments.Client
	t       testkit.T
	service *demo.Service
	http    *http.Client
	clock   *clock
}

// clock is the service's, moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// open starts a fresh service; the caller closes the network.
func open(t testkit.T, recorded *tape) (world, *testkit.Network) {
	c := &clock{now: start}
	service := demo.New(demo.Config{Now: c.Now, PublicURL: "http://payments"})
	network := testkit.NewNetwork()
	network.Serve("payments", recorded.tap(service.Handler()))
	return world{payments.New(network.Transport()), t, service, network.Client(), c}, network
}

func begin(t *testing.T, recorded *tape) world {
	t.Helper()
	w, network := open(t, recorded)
	t.Cleanup(network.Close)
	return w
}

// account is the ledger's view of ref.
func (w world) account() demo.Account {
	all := w.service.Accounts()
	i := slices.IndexFunc(all, func(a demo.Account) bool { return a.Ref == ref })
	if i < 0 {
		return demo.Account{}
	}
	return all[i]
}

// decide is the customer's answer to the bank.
func (w world) decide(decision string) {
	w.t.Helper()
	res, err := w.http.PostForm("http://payments/challenge/"+ref, map[string][]string{"decision": {decision}})
	if err != nil {
		w.t.Fatalf("%v", err)
		return
	}
	defer res.Body.Close()
	if page, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		w.t.Errorf("the challenge page answered %d: %s", res.StatusCode, page)
	}
}

// reason is why the service refused; "" where err is no refusal.
func reason(err error) string {
	if refused, ok := fault.AsRefused(err); ok {
		return refused.Reason
	}
	return ""
}

func isDeclined(err error) bool {
	var declined *payments.DeclinedError
	return errors.As(err, &declined)
}
