package checkout

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/stage"
	"tiffin/internal/testkit"
)

// combination is which of the promises are kept.
type combination struct{ keys, fresh, inquiry, tombstones bool }

// combinations are all of them, the best first.
func combinations() []combination {
	var all []combination
	for n := range 16 {
		all = append(all, combination{n&8 == 0, n&4 == 0, n&2 == 0, n&1 == 0})
	}
	return all
}

func (c combination) kept() stage.Kept {
	kept := stage.Kept{KeyTTLMS: -1, ReplaysErrors: !c.fresh, Inquiry: c.inquiry, Tombstones: c.tombstones}
	if !c.keys {
		kept.KeyTTLMS = 0
	}
	return kept
}

func (c combination) declared() Promises {
	p := DefaultPromises()
	p.ReplaysErrors, p.Inquiry, p.Tombstones = !c.fresh, c.inquiry, c.tombstones
	if !c.keys {
		p.KeyTTL = 0
	}
	return p
}

// misfortune is what happens to an order at the payment service.
type misfortune struct {
	name    string
	prepare func(w *world)
	crash   bool
}

func misfortunes() []misfortune {
	trouble := func(call, kind string, times int) func(w *world) {
		return func(w *world) { w.tap.make(call, kind, times) }
	}
	return []misfortune{
		{"the answer of authorize is lost", trouble(callAuthorize, lost, 1), false},
		{"the answer of capture is lost", trouble(callCapture, lost, 1), false},
		{"authorize fails once", func(w *world) { w.fails(payments.Service) }, false},
		{"capture fails once", func(w *world) {
			once := sync.OnceFunc(func() { w.fails(payments.Service) })
			w.journal.meddle = func(op string) {
				if op == "advance "+string(Capturing) {
					once()
				}
			}
		}, false},
		{"authorize arrives late", trouble(callAuthorize, late, 1), false},
		{"every authorize arrives late", trouble(callAuthorize, late, forever), false},
		{"killed while it captures", trouble(callCapture, hangsAfter, 1), true},
	}
}

// fails makes the service's next write answer 500.
func (w *world) fails(service string) {
	kept := w.kept[service].Kept()
	kept.FailWrites = 1
	w.kept[service].Set(kept)
}

// verdict is what became of the orders: one for each misfortune.
type verdict struct{ confirmed, cancelled, stuck, broken int }

func (v verdict) String() string {
	return fmt.Sprintf("%d confirmed, %d cancelled, %d stuck, %d broken", v.confirmed, v.cancelled, v.stuck, v.broken)
}

// suffer runs one order through each misfortune, with the payment service keeping what it keeps and declared as it is.
func suffer(t *testing.T, kept combination, declared Promises) verdict {
	t.Helper()
	var v verdict
	for _, m := range misfortunes() {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.cfg.Promises.Payments = declared
			w.kept[payments.Service].Set(kept.kept())
			w.start()
			in := w.quoted()
			m.prepare(w)
			go w.place(in)
			synctest.Wait()
			if m.crash {
				w.crash()
			}
			stop := w.run()
			time.Sleep(20 * time.Minute) //nolint:forbidigo // fake time: whatever is late has arrived
			w.tap.clear()
			time.Sleep(20 * time.Minute) //nolint:forbidigo // fake time
			stop()
			v.count(w, State(w.row(in).State))
			ended, cancel := context.WithCancel(w.Context())
			cancel()
			_ = w.flow.Close(ended) // what is stuck stays so
		})
	}
	return v
}

// count judges the one order of the world.
func (v *verdict) count(w *world, state State) {
	books := w.orders.Books()
	report := audit.Judge(audit.World{
		Before: books, After: books, Holdings: w.inventory.Holdings(), Accounts: w.payments.Accounts(), Assignments: w.delivery.Assignments(),
	})
	switch {
	case len(report.Violations) > 0:
		v.broken++
	case state == Confirmed:
		v.confirmed++
	case state == Cancelled:
		v.cancelled++
	default:
		v.stuck++
	}
}

// The matrix: whatever a payment service keeps, declared honestly nothing breaks; at worst an order waits for an operator, and that is
// said beforehand. Declared as if it kept all, what it does not keep costs money.
func TestPromisesInFull(t *testing.T) {
	testkit.InFull(t)
	var table strings.Builder
	table.WriteString("| keys | saves no errors | inquiry | tombstones | declared as it is | declared as if it kept all |\n|---|---|---|---|---|---|\n")
	for _, c := range combinations() {
		honest, boasted := suffer(t, c, c.declared()), suffer(t, c, DefaultPromises())
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %v | %v |\n", yes(c.keys), yes(c.fresh), yes(c.inquiry), yes(c.tombstones), honest, boasted)
		if honest.broken > 0 {
			t.Errorf("%+v, declared as it is: %v", c, honest)
		}
		if refused := c.declared().unsafe(); (honest.stuck > 0) && !refused {
			t.Errorf("%+v leaves orders to an operator (%v), and config check says nothing", c, honest)
		}
	}
	documented(t, table.String())
}

// Each promise is worth something: declared and not kept, with all else declared as it is, it costs money or leaves an order for ever.
func TestOneFalsePromise(t *testing.T) {
	for name, c := range map[string]struct {
		kept  combination
		claim func(p *Promises)
		money bool
	}{
		"keys":                {combination{false, true, true, true}, func(p *Promises) { p.KeyTTL = lastingKey }, true},
		"saves no errors":     {combination{true, false, true, true}, func(p *Promises) { p.ReplaysErrors = false }, false},
		"inquiry":             {combination{true, true, false, false}, func(p *Promises) { p.Inquiry = true }, true},
		"tombstones":          {combination{true, true, true, false}, func(p *Promises) { p.Tombstones = true }, true},
		"a time to be on way": {combination{false, true, true, false}, func(p *Promises) { p.MaxInFlight = time.Second }, true},
	} {
		t.Run(name, func(t *testing.T) {
			declared := c.kept.declared()
			c.claim(&declared)
			if v := suffer(t, c.kept, declared); (c.money && v.broken == 0) || v.broken+v.stuck == 0 {
				t.Errorf("%v; want the claim to cost something", v)
			}
		})
	}
}

func yes(kept bool) string {
	if kept {
		return "yes"
	}
	return "no"
}

// documented wants the table in the page for those who declare promises.
func documented(t *testing.T, table string) {
	t.Helper()
	page, err := os.ReadFile("../docs/services.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), table) {
		t.Errorf("docs/services.md does not have the table as it is:\n%s", table)
	}
}

// A call that arrives after its undo, at a service that leaves no tombstones: declared so, the order is cancelled only when nothing can
// come any more, and nothing is left behind.
func TestLateCallsAfterTheUndo(t *testing.T) {
	for service, call := range map[string]string{
		orders.Service: callCreate, inventory.Service: callReserve, payments.Service: callAuthorize, delivery.Service: callAssign,
	} {
		for _, inquiry := range []bool{true, false} {
			for _, honest := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, inquiry %v, honest %v", service, inquiry, honest), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t)
						kept := stage.Kept{KeyTTLMS: -1, Inquiry: inquiry}
						w.kept[service].Set(kept)
						if honest {
							w.declare(service, func(p *Promises) { p.Tombstones, p.Inquiry = false, inquiry })
						}
						w.start()
						in := w.quoted()
						w.tap.make(call, late, forever)
						began := time.Now()
						go w.place(in)
						for State(w.stateOf(in)) != Cancelled {
							time.Sleep(time.Second) //nolint:forbidigo // fake time
						}
						took := time.Since(began)
						time.Sleep(lateness) //nolint:forbidigo // fake time
						if honest != (took > 2*time.Minute) {
							t.Errorf("took %v", took)
						}
						books := w.orders.Books()
						report := audit.Judge(audit.World{
							Before: books, After: books, Holdings: w.inventory.Holdings(), Accounts: w.payments.Accounts(), Assignments: w.delivery.Assignments(),
						})
						if clean := len(report.Violations) == 0 && report.Open == 0; clean != honest {
							t.Errorf("audit = %+v; want it clean: %v", report, honest)
						}
						if err := w.flow.Close(t.Context()); err != nil {
							t.Error(err)
						}
					})
				})
			}
		}
	}
}

// declare changes what the operator says of a service.
func (w *world) declare(service string, change func(p *Promises)) {
	p := &w.cfg.Promises
	change(map[string]*Promises{
		orders.Service: &p.Orders, inventory.Service: &p.Inventory, payments.Service: &p.Payments, delivery.Service: &p.Delivery,
	}[service])
}

// stateOf is the order's state in the journal; empty while there is no row.
func (w *world) stateOf(in PlaceOrderInput) string {
	row, _, _ := w.journal.Store.Find(w.Context(), scopeOf(alice(), operationPlace), kindPlace, in.IdempotencyKey)
	return row.State
}
