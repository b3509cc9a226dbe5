package orders_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/backends/orders"
	"tiffin/fault"
	"tiffin/identity"
	"tiffin/internal/demo/catalogue"
	demo "tiffin/internal/demo/orders"
	"tiffin/internal/demo/seed"
	"tiffin/internal/storefront"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/contract"
)

func TestMain(m *testing.M) {
	testkit.FewerDraws()
	goleak.VerifyTestMain(m)
}

// issuer is where the customers of these tests come from.
const issuer = "https://issuer.test"

// world is a client of the simulated service, both held to the contract, and a clock that only tests move.
type world struct {
	client  *orders.Client
	service *demo.Service
	menu    *catalogue.Catalogue
	past    []seed.Order
	seen    *calls

	mu  sync.Mutex
	now time.Time
}

// calls notes the requests that reach the service.
type calls struct {
	mu   sync.Mutex
	list []string
	next http.Handler
}

func (c *calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.list = append(c.list, r.Method+" "+r.URL.RequestURI())
	c.mu.Unlock()
	c.next.ServeHTTP(w, r)
}

// taken returns the requests since the last time.
func (c *calls) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

// newWorld has perCustomer past orders of alice and bob each.
func newWorld(t *testing.T, perCustomer int) *world {
	t.Helper()
	w := &world{menu: catalogue.New(), now: time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)}
	w.past = seed.Orders(w.menu, []string{customer("alice"), customer("bob")}, perCustomer, w.now)
	w.service = demo.New(demo.Config{Catalogue: w.menu, Past: w.past, Now: w.clock})
	w.seen = &calls{next: contract.Handler(t, "openapi.yaml", w.service.Handler())}
	w.client = over(t, w.seen)
	return w
}

// over is a client of any handler.
func over(t *testing.T, handler http.Handler) *orders.Client {
	t.Helper()
	network := testkit.Start(t, map[string]http.Handler{"orders": handler})
	return orders.New(network.Transport())
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func customer(name string) string { return issuer + "#" + name }

// as is a context in which name asks.
func as(t *testing.T, name string, scopes ...string) context.Context {
	t.Helper()
	return identity.WithPrincipal(t.Context(), &identity.Principal{Issuer: issuer, Subject: name, Scopes: scopes})
}

func support(t *testing.T) context.Context {
	t.Helper()
	return as(t, "sam", "orders:read:any")
}

func eur(minor int64) storefront.Money { return storefront.Money{Minor: minor, Currency: "EUR"} }

// line is one of a dish with the fewest options that its groups allow.
func (w *world) line(id, item string, quantity int32) orders.CartLine {
	line := orders.CartLine{ID: id, ItemID: item, Quantity: quantity}
	for _, group := range w.menu.Item(item).Groups {
		for _, option := range group.Options[:group.Minimum] {
			line.Options = append(line.Options, orders.CartOption{GroupID: group.ID, OptionID: option.ID})
		}
	}
	return line
}

// cart is alice's: two of one dish and one of another.
func (w *world) cart(restaurant string) orders.Cart {
	items := w.menu.Restaurant(restaurant).Items()
	return orders.Cart{
		CustomerID: customer("alice"), RestaurantID: restaurant, DeliveryQuoteID: "dqt_1", DeliveryFee: eur(290),
		Lines: []orders.CartLine{w.line("lin_1", items[0].ID, 2), w.line("lin_2", items[1].ID, 1)},
	}
}

// price asks for a price that must be had.
func (w *world) price(t *testing.T, cart orders.Cart) orders.PricedCart {
	t.Helper()
	priced, err := w.client.Price(t.Context(), cart)
	if err != nil {
		t.Fatal(err)
	}
	return priced
}

// order is a new order at today's price.
func (w *world) order(t *testing.T, id string) orders.NewOrder {
	t.Helper()
	cart := w.cart("res_002")
	return orders.NewOrder{ID: id, PaymentRef: "pay" + id, Cart: cart, ExpectedTotal: w.price(t, cart).Total}
}

// create writes an order that must be accepted, under the key id:order.
func (w *world) create(t *testing.T, order orders.NewOrder) {
	t.Helper()
	if err := w.client.Create(t.Context(), order.ID+":order", order); err != nil {
		t.Fatal(err)
	}
}

// byID reads an order that must be there.
func (w *world) byID(t *testing.T, ctx context.Context, id string) *orders.Order {
	t.Helper()
	found, err := w.client.ByIDs(ctx, []string{id})
	if err != nil || found[id] == nil {
		t.Fatalf("order %s: %v, %v", id, found, err)
	}
	return found[id]
}

// wantRefused checks the typed no.
func wantRefused(t *testing.T, err error, reason string) {
	t.Helper()
	refused, ok := fault.AsRefused(err)
	if !ok || refused.Service != orders.Service || refused.Reason != reason {
		t.Errorf("%v, want the refusal %s", err, reason)
	}
}

// wantFault checks that the error is no refusal but a fault of the code, and says something to the log.
func wantFault(t *testing.T, err error, code fault.Code, says string) {
	t.Helper()
	var e *fault.Error
	if _, refused := fault.AsRefused(err); refused || !errors.As(err, &e) || e.Code != code || !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, want %s saying %q", err, code, says)
	}
}

func wantSame[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
