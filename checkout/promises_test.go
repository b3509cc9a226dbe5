package checkout

import (
	"testing"
	"time"
)

// A payment in doubt must be one that can be repeated for a day, or looked up; else the operator says so in words.
func TestUnsafePromises(t *testing.T) {
	honour := map[string]bool{"orders": true, "inventory": true, "payments": true, "delivery": true}
	for _, c := range []struct {
		name string
		edit func(p *PromisesOf)
		want string
	}{
		{"the defaults", func(*PromisesOf) {}, ""},
		{"lasting keys are enough", func(p *PromisesOf) { p.Payments.Inquiry = false }, ""},
		{"so is inquiry", func(p *PromisesOf) { p.Payments.KeyTTL, p.Payments.ReplaysErrors = time.Hour, true }, ""},
		{"keys of an hour", func(p *PromisesOf) { p.Payments.Inquiry, p.Payments.KeyTTL = false, time.Hour }, "payments.promises.inquiry"},
		{"keys that bring an error back", func(p *PromisesOf) { p.Payments.Inquiry, p.Payments.ReplaysErrors = false, true }, "payments.promises.inquiry"},
		{"an operator who accepts it", func(p *PromisesOf) {
			p.Payments.Inquiry, p.Payments.ReplaysErrors, p.Payments.AcceptAtMostOnce = false, true, true
		}, ""},
		{"no money, no matter", func(p *PromisesOf) { p.Orders.Inquiry, p.Orders.ReplaysErrors = false, true }, ""},
		{"no keys, and a chain that repeats by them", func(p *PromisesOf) { p.Orders.KeyTTL = 0 }, "orders.promises.key_ttl"},
	} {
		p := defaultPromisesOf()
		c.edit(&p)
		problems := p.Validate(honour)
		if (c.want == "") != (len(problems) == 0) || (c.want != "" && problems[0].Path != c.want) {
			t.Errorf("%s: %v; want %q", c.name, problems, c.want)
		}
	}
	delete(honour, "delivery")
	if p := defaultPromisesOf(); len(p.Validate(honour)) != 1 {
		t.Error("keys that the chain does not honour are declared, and nothing is said")
	}
	for path, p := range map[string]Promises{
		"key_ttl": {KeyTTL: -1, MaxInFlight: time.Minute}, "max_in_flight": {MaxInFlight: time.Hour},
	} {
		if problems := p.Validate(); len(problems) != 1 || problems[0].Path != path {
			t.Errorf("%s: %v", path, problems)
		}
	}
}

// A service that knows no keys is sent none: net/http repeats a request that carries one.
func TestNoKeysAreSentToServicesWithoutThem(t *testing.T) {
	inWorld(t, func(w *world) {
		for service, promises := range w.kept {
			kept := promises.Kept()
			kept.KeyTTLMS = 0
			promises.Set(kept)
			w.declare(service, func(p *Promises) { p.KeyTTL = 0 })
		}
		w.tap.refuseKeys()
		w.start()
		in := w.quoted()
		confirmed, ok := w.place(in).(*OrderConfirmed)
		if !ok {
			t.Fatalf("result = %+v; want it confirmed", confirmed)
		}
		if got, ok := w.called("c", confirmed.OrderID).(*CancellationConfirmed); !ok {
			t.Errorf("result = %+v; want it called off", got)
		}
	})
}
