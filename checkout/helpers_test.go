package checkout

import (
	"bytes"
	"context"
	"io"
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

// tap sits before the services: it notes each call, and makes trouble.
type tap struct {
	log *log

	mu       sync.Mutex
	troubles map[string]*trouble
	// keyless: a request with a key is none of the contract.
	keyless bool
}

// trouble is what goes wrong with a call, so many times; -1 for ever.
type trouble struct {
	kind  string
	times int
	// skip is how many calls go well before that.
	skip int
}

const forever = -1

// What goes wrong.
const (
	unavailable = "503"         // refused by something in between
	hangs       = "hangs"       // never answers, does nothing
	lost        = "lost answer" // done, but the answer never arrives
	hangsAfter  = "hangs after" // done, but never answers
	garbage     = "garbage"     // done, and answers nonsense
	refused     = "refused: "   // a refusal with the code that follows
	late        = "late"        // no answer; it is done when lateness has passed
)

// lateness is how long a call is under way that is late: less than the promise of two minutes.
const lateness = 100 * time.Second

func (t *tap) make(call, kind string, times int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.troubles[call] = &trouble{kind: kind, times: times}
}

// makeAfter makes trouble once, after so many calls that go well.
func (t *tap) makeAfter(call, kind string, skip int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.troubles[call] = &trouble{kind: kind, times: 1, skip: skip}
}

func (t *tap) refuseKeys() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keyless = true
}

func (t *tap) refuses(r *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keyless && r.Header.Get("Idempotency-Key") != ""
}

func (t *tap) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.troubles = map[string]*trouble{}
}

func (t *tap) next(call string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	trouble := t.troubles[call]
	switch {
	case trouble == nil || trouble.times == 0:
		return ""
	case trouble.skip > 0:
		trouble.skip--
		return ""
	}
	trouble.times--
	return trouble.kind
}

func (t *tap) on(service string, next http.Handler) http.Handler {
	mux := next.(interface {
		Handler(r *http.Request) (http.Handler, string)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		call := service + " " + pattern
		t.log.add(call)
		if t.refuses(r) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		t.serve(w, r, next, t.next(call))
	})
}

func (t *tap) serve(w http.ResponseWriter, r *http.Request, next http.Handler, kind string) {
	nowhere := &discard{http.Header{}}
	if code, ok := strings.CutPrefix(kind, refused); ok {
		refuse(w, r, code)
		return
	}
	switch kind {
	case "":
		next.ServeHTTP(w, r)
	case unavailable:
		w.WriteHeader(http.StatusServiceUnavailable)
	case garbage:
		next.ServeHTTP(nowhere, r)
		_, _ = io.WriteString(w, "}garbage{")
	case lost:
		next.ServeHTTP(nowhere, r)
		panic(http.ErrAbortHandler)
	case hangsAfter:
		next.ServeHTTP(nowhere, r)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case late:
		body, _ := io.ReadAll(r.Body)
		slow := r.Clone(context.WithoutCancel(r.Context()))
		slow.Body = io.NopCloser(bytes.NewReader(body))
		go func() {
			time.Sleep(lateness) //nolint:forbidigo // fake time
			next.ServeHTTP(nowhere, slow)
		}()
		panic(http.ErrAbortHandler)
	case hangs:
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
}

// refuse answers in the language of the service.
func refuse(w http.ResponseWriter, r *http.Request, code string) {
	if strings.HasPrefix(r.URL.Path, "/payments/") {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		_, _ = io.WriteString(w, `<Fault xmlns="urn:tiffinpay:payments:v1"><Code>`+code+`</Code><Text>no</Text><Retryable>false</Retryable></Fault>`)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusConflict)
	_, _ = io.WriteString(w, `{"type":"about:blank","title":"Conflict","status":409,"code":"`+code+`","detail":"no"}`)
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// flaky is a journal that notes what it holds, and can be down, lose acknowledgements, or be used behind the Flow's back.
type flaky struct {
	journal.Store
	log *log

	mu sync.Mutex
	// fail is asked before and after each operation ("find", "insert", "advance STATE", "take", "claim").
	fail func(op string) (before, after bool)
	// meddle is called before each operation takes place.
	meddle func(op string)
}

func (f *flaky) set(fail func(op string) (before, after bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func (f *flaky) around(op string, do func() error) error {
	f.mu.Lock()
	before, after := false, false
	if f.fail != nil {
		before, after = f.fail(op)
	}
	meddle := f.meddle
	f.mu.Unlock()
	if before {
		return journal.ErrUnavailable
	}
	if meddle != nil {
		meddle(op)
	}
	err := do()
	if err == nil && after {
		err = journal.ErrUnavailable
	}
	return err
}

func (f *flaky) Find(ctx context.Context, scope, kind, key string) (row journal.Row, found bool, err error) {
	err = f.around("find", func() error {
		row, found, err = f.Store.Find(ctx, scope, kind, key)
		return err
	})
	return row, found, err
}

func (f *flaky) Insert(ctx context.Context, r journal.Row) (row journal.Row, inserted bool, err error) {
	err = f.around("insert", func() error {
		row, inserted, err = f.Store.Insert(ctx, r)
		if inserted {
			f.log.add("journal " + r.State)
		}
		return err
	})
	return row, inserted, err
}

func (f *flaky) Advance(ctx context.Context, id string, epoch int64, step journal.Step) error {
	return f.around("advance "+step.State, func() error {
		err := f.Store.Advance(ctx, id, epoch, step)
		if err == nil {
			f.log.add("journal " + step.State)
		}
		return err
	})
}

func (f *flaky) Take(ctx context.Context, id string, epoch int64, owner string) (row journal.Row, err error) {
	err = f.around("take", func() error {
		row, err = f.Store.Take(ctx, id, epoch, owner)
		return err
	})
	return row, err
}

func (f *flaky) Claim(ctx context.Context, c journal.Claim) (rows []journal.Row, err error) {
	err = f.around("claim", func() error {
		rows, err = f.Store.Claim(ctx, c)
		return err
	})
	return rows, err
}

func mustPrincipal(t *testing.T, ctx context.Context) *identity.Principal {
	t.Helper()
	who, ok := identity.From(ctx)
	if !ok {
		t.Fatal("nobody asks")
	}
	return who
}
