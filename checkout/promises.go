package checkout

import (
	"fmt"
	"time"

	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/fault"
)

// Promises are what a service keeps, as its operator declares it. What it does not keep costs orders, or time; what is declared and not
// kept costs money: docs/services.md has the table. The defaults, in brackets, are what the contracts in backends/ say.
type Promises struct {
	// KeyTTL is how long, from its first use, an idempotency key is known again [24h]. 0: keys are not known, and none are sent.
	KeyTTL time.Duration `yaml:"key_ttl"`
	// ReplaysErrors: an answer of 500 and more is saved with its key, and comes back for ever [false].
	ReplaysErrors bool `yaml:"replays_errors"`
	// Inquiry: what the service holds can be read by our reference, and what has taken effect is seen there at once [true].
	Inquiry bool `yaml:"inquiry"`
	// Tombstones: once something was undone by its reference, a forward call that comes later is refused [true].
	Tombstones bool `yaml:"tombstones"`
	// MaxInFlight is how long after it was sent a request can take effect at the latest [2m].
	MaxInFlight time.Duration `yaml:"max_in_flight"`
	// AcceptAtMostOnce is the operator's word that a payment which nobody can look up, and nobody can repeat, waits for them [false].
	AcceptAtMostOnce bool `yaml:"accept_at_most_once"`
}

// DefaultPromises are those of the contracts in backends/.
func DefaultPromises() Promises {
	return Promises{KeyTTL: 24 * time.Hour, Inquiry: true, Tombstones: true, MaxInFlight: 2 * time.Minute}
}

// The bounds of promises. A key that is known for less than a day does not last: an order may be stuck overnight.
const (
	lastingKey   = 24 * time.Hour
	mostKeyTTL   = 10 * 365 * 24 * time.Hour
	mostInFlight = 10 * time.Minute
)

// Validate reports all that is wrong with what a service declares.
func (p Promises) Validate() []fault.Invalid {
	var problems []fault.Invalid
	if p.KeyTTL < 0 || p.KeyTTL > mostKeyTTL {
		problems = append(problems, fault.Invalid{Path: "key_ttl", Reason: "is out of range", Remedy: "give a duration such as 24h, or 0 where keys are not known"})
	}
	if p.MaxInFlight < time.Second || p.MaxInFlight > mostInFlight {
		problems = append(problems, fault.Invalid{
			Path: "max_in_flight", Reason: "is out of range", Remedy: fmt.Sprintf("give a duration from 1s to %v", mostInFlight),
		})
	}
	return problems
}

// unsafe reports a payment that, once in doubt, can neither be repeated nor looked up.
func (p Promises) unsafe() bool {
	repeatable := p.KeyTTL >= lastingKey && !p.ReplaysErrors
	return !repeatable && !p.Inquiry && !p.AcceptAtMostOnce
}

// PromisesOf are the promises of each service that an order is written to.
type PromisesOf struct{ Orders, Inventory, Payments, Delivery Promises }

// Validate reports what does not fit together, under the services' names: money that is moved where nobody could tell what became of it,
// and a service whose client chain has another idea of its keys. Each service's own Validate has been asked.
func (p PromisesOf) Validate(honourKeys map[string]bool) []fault.Invalid {
	var problems []fault.Invalid
	if p.Payments.unsafe() {
		problems = append(problems, fault.Invalid{
			Path:   payments.Service + ".promises.inquiry",
			Reason: "is false and keys do not last (key_ttl of 24h, replays_errors: false), so that a payment in doubt can neither be looked up nor repeated",
			Remedy: "use a service that has one of the two, or write accept_at_most_once: true: such payments then wait for `tiffin orders resolve`",
		})
	}
	for _, service := range writtenTo() {
		if service != payments.Service && p.of(service).AcceptAtMostOnce {
			problems = append(problems, fault.Invalid{
				Path: service + ".promises.accept_at_most_once", Reason: "is about payments, and has no effect here", Remedy: "leave it out: what is not money is safe to repeat",
			})
		}
		if known := p.of(service).KeyTTL > 0; known != honourKeys[service] {
			problems = append(problems, fault.Invalid{
				Path: service + ".promises.key_ttl", Reason: "and calls.honours_keys say different things of the service's idempotency keys",
				Remedy: "write honours_keys: true with a key_ttl, or honours_keys: false with key_ttl: 0s",
			})
		}
	}
	return problems
}

// writtenTo are the services that an order is written to.
func writtenTo() []string {
	return []string{orders.Service, inventory.Service, payments.Service, delivery.Service}
}

// of are those of a service by its name.
func (p PromisesOf) of(service string) Promises {
	switch service {
	case orders.Service:
		return p.Orders
	case inventory.Service:
		return p.Inventory
	case payments.Service:
		return p.Payments
	case delivery.Service:
		return p.Delivery
	default:
		return DefaultPromises()
	}
}

func defaultPromisesOf() PromisesOf {
	p := DefaultPromises()
	return PromisesOf{p, p, p, p}
}
