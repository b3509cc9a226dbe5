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

// ValidateMoney reports too what is not safe for a service that moves money: a payment in doubt must be one that can be repeated, or
// looked up.
func (p Promises) ValidateMoney() []fault.Invalid {
	problems := p.Validate()
	repeatable := p.KeyTTL >= lastingKey && !p.ReplaysErrors
	if !repeatable && !p.Inquiry && !p.AcceptAtMostOnce {
		problems = append(problems, fault.Invalid{
			Path:   "inquiry",
			Reason: "is false and keys do not last (key_ttl of 24h, replays_errors: false), so that a payment in doubt can neither be repeated nor looked up",
			Remedy: "use a service that has one of the two, or write accept_at_most_once: true: such payments then wait for `tiffin orders resolve`",
		})
	}
	return problems
}

// PromisesOf are the promises of each service that an order is written to.
type PromisesOf struct{ Orders, Inventory, Payments, Delivery Promises }

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
