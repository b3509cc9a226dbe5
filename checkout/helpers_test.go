package checkout

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/delivery"
	"tiffin/backends/geocoding"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/checkout/journal"
	"tiffin/checkout/journal/memory"
	"tiffin/identity"
	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/catalogue"
	demodelivery "tiffin/internal/demo/delivery"
	demogeocoding "tiffin/internal/demo/geocoding"
	demoinventory "tiffin/internal/demo/inventory"
	demoorders "tiffin/internal/demo/orders"
	demopayments "tiffin/internal/demo/payments"
	"tiffin/internal/demo/stage"
	"tiffin/internal/storefront"
	"tiffin/internal/testkit"
)

var theCatalogue = sync.OnceValue(catalogue.New)

// world is a checkout over the real simulated services, on an in-memory network in a bubble of fake time.
type world struct {
	testing.TB

	log     *log
	tap     *tap
	network *testkit.Network
	journal *flaky
	cfg     Config
	flow    *Flow

	orders    *demoorders.Service
	inventory *demoinventory.Service
	payments  *demopayments.Service
	delivery  *demodelivery.Service
	// kept are the promises that the services keep.
	kept map[string]*stage.Promises
}

// inWorld runs a test in a bubble of its own. When it is done nothing may be under way, and the audit must find nothing.
func inWorld(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		test(w)
		w.tap.clear()
		if err := w.flow.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		w.audit(0)
	})
}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, log: &log{}, cfg: Defaults()}
	w.cfg.Secrets = []Secret{{"test", strings.Repeat("s", MinSecret)}}
	w.tap = &tap{log: w.log, troubles: map[string]*trouble{}}
	w.kept = map[string]*stage.Promises{}
	for _, service := range []string{orders.Service, inventory.Service, payments.Service, delivery.Service} {
		w.kept[service] = stage.NewPromises()
	}
	w.orders = demoorders.New(demoorders.Config{Catalogue: theCatalogue(), Now: time.Now, Promises: w.kept[orders.Service]})
	w.inventory = demoinventory.New(demoinventory.Config{Catalogue: theCatalogue(), Promises: w.kept[inventory.Service]})
	w.payments = demopayments.New(demopayments.Config{Now: time.Now, Promises: w.kept[payments.Service]})
	w.delivery = demodelivery.New(demodelivery.Config{Catalogue: theCatalogue(), Now: time.Now, Promises: w.kept[delivery.Service]})
	w.network = testkit.Start(t, map[string]http.Handler{
		"orders":    w.tap.on("orders", w.orders.Handler()),
		"inventory": w.tap.on("inventory", w.inventory.Handler()),
		"payments":  w.tap.on("payments", w.payments.Handler()),
		"delivery":  w.tap.on("delivery", w.delivery.Handler()),
		"geocoding": w.tap.on("geocoding", demogeocoding.New().Handler()),
	})
	w.journal = &flaky{Store: memory.New(memory.Config{}, memory.Deps{}), log: w.log}
	w.start()
	return w
}

// start makes the process: a Flow over the world's journal.
func (w *world) start() {
	transport := w.network.Transport()
	w.flow = New(w.cfg, Deps{
		Orders: orders.New(transport), Inventory: inventory.New(transport), Payments: payments.New(transport),
		Delivery: delivery.New(transport), Geocoding: geocoding.New(transport), Journal: w.journal,
		OnEvent: func(ctx context.Context, e Event) {
			if who, known := identity.From(ctx); e.Kind == EventSettled && (!known || who.Subject == "") {
				w.Error("an order was settled in nobody's name")
			}
			w.log.event(e)
		},
	})
}

// run lets the Flow sweep until the returned function is called.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.flow.Run(ctx); err != nil {
			w.Errorf("Run: %v", err)
		}
	}()
	return func() { cancel(); <-done }
}

// as is a request's context.
func (w *world) as(who *identity.Principal) context.Context {
	return identity.WithLocale(identity.WithPrincipal(w.Context(), who), "en")
}

func alice() *identity.Principal {
	return &identity.Principal{Issuer: "https://issuer", Subject: "alice", Scopes: []string{"orders:place"}}
}

func bob() *identity.Principal { return &identity.Principal{Issuer: "https://issuer", Subject: "bob"} }

// quoted is anOrder at the price that it has; for a cart that cannot be quoted the price stays.
func (w *world) quoted(edit ...func(in *PlaceOrderInput)) PlaceOrderInput {
	w.Helper()
	in := anOrder()
	for _, e := range edit {
		e(&in)
	}
	if got, err := w.flow.Quote(w.as(alice()), in.Cart); err == nil {
		if q, ok := got.(*Quote); ok {
			in.ExpectedTotal = storefront.MoneyInput{Amount: q.Total.Amount(), Currency: q.Total.Currency}
			in.QuoteID = &q.ID
		}
	}
	w.log.clear()
	return in
}

func (w *world) place(in PlaceOrderInput) PlaceOrderResult {
	w.Helper()
	got, err := w.flow.Place(w.as(alice()), in)
	if err != nil {
		w.Errorf("Place: %v", err)
	}
	return got
}

func (w *world) placement(in PlaceOrderInput) PlaceOrderResult {
	w.Helper()
	got, err := w.flow.Placement(w.as(alice()), in.IdempotencyKey)
	if err != nil {
		w.Errorf("Placement: %v", err)
	}
	return got
}

// fingerprint is the order's.
func (w *world) fingerprint(in PlaceOrderInput) string {
	w.Helper()
	all, err := w.flow.fingerprints.of(in)
	if err != nil {
		w.Fatal(err)
	}
	return all[0]
}

// row is the order's in the journal.
func (w *world) row(in PlaceOrderInput) journal.Row {
	w.Helper()
	row, found, err := w.journal.Store.Find(w.Context(), scopeOf(alice(), operationPlace), kindPlace, in.IdempotencyKey)
	if err != nil || !found {
		w.Fatalf("Find = %v, %v; want the row", found, err)
	}
	return row
}

// audit judges the whole world and wants so many open orders.
func (w *world) audit(open int) {
	w.Helper()
	books := w.orders.Books()
	report := audit.Judge(audit.World{
		Before: books, After: books, Holdings: w.inventory.Holdings(), Accounts: w.payments.Accounts(), Assignments: w.delivery.Assignments(),
	})
	if report.Open != open {
		w.Errorf("audit: %d orders are open; want %d", report.Open, open)
	}
	for _, v := range report.Violations {
		w.Errorf("audit: %+v", v)
	}
}

// decide answers the bank's challenge as the customer does.
func (w *world) decide(in PlaceOrderInput, decision string) {
	w.Helper()
	url := "http://payments/challenge/" + w.row(in).SagaID
	resp, err := w.network.Client().Post(url, "application/x-www-form-urlencoded", strings.NewReader("decision="+decision))
	if err != nil || resp.StatusCode != http.StatusOK {
		w.Fatalf("challenge: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	w.log.clear()
}

// log is what happened, in order: calls that reached a service, states that the journal holds, events.
type log struct {
	mu     sync.Mutex
	lines  []string
	events []Event
}

func (l *log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func (l *log) event(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *log) read() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// kinds counts the events by kind.
func (l *log) kinds() map[EventKind]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	kinds := map[EventKind]int{}
	for _, e := range l.events {
		kinds[e.Kind]++
	}
	return kinds
}

func (l *log) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.events = nil, nil
}

func mustPrincipal(t *testing.T, ctx context.Context) *identity.Principal {
	t.Helper()
	who, ok := identity.From(ctx)
	if !ok {
		t.Fatal("nobody asks")
	}
	return who
}
