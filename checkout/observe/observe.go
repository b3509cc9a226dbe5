// Package observe counts what happens to orders, and looks after how many are open and for how long: a decorator at the checkout's seam,
// so that placing orders knows no metrics.
package observe

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"tiffin/checkout"
)

// Events counts the events of a checkout. It is safe for concurrent use.
type Events struct {
	settled  *prometheus.CounterVec // by state
	parked   prometheus.Counter
	turned   *prometheus.CounterVec // by step
	unknown  *prometheus.CounterVec // by step
	leftOpen prometheus.Counter
	found    prometheus.Counter
	differ   *prometheus.CounterVec // by state
	again    *prometheus.CounterVec // by state
	resolved *prometheus.CounterVec // by step
	failures prometheus.Counter
}

// NewEvents returns counters that are registered with r.
func NewEvents(r prometheus.Registerer) *Events {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	single := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	e := &Events{
		settled:  counter("tiffin_orders_settled_total", "Orders that came to their end here, by their last state.", "state"),
		parked:   single("tiffin_orders_parked_total", "Times that an order began to wait for its customer."),
		turned:   counter("tiffin_orders_turned_total", "Orders that will be undone, by the step that failed.", "step"),
		unknown:  counter("tiffin_order_unknown_answers_total", "Calls of orders without a definite answer, which are made again.", "step"),
		leftOpen: single("tiffin_orders_left_open_total", "Times that an order was no longer driven here before its end: fenced, stopping, or unreadable."),
		found:    single("tiffin_orders_reconciled_total", "Orders that the services held and the journal did not know: it does now."),
		differ:   counter("tiffin_orders_contradicted_total", "Orders that the journal has settled and the order service has not, left to a person, by their state in the journal.", "state"),
		again:    counter("tiffin_orders_reapplied_total", "Orders that the order service held unsettled and that were brought to their end in the journal, by that state.", "state"),
		resolved: counter("tiffin_orders_resolved_total", "Steps whose outcome an operator has said.", "step"),
		failures: single("tiffin_journal_failures_total", "Calls of the journal that failed, and are made again."),
	}
	r.MustRegister(e.settled, e.parked, e.turned, e.unknown, e.leftOpen, e.found, e.differ, e.again, e.resolved, e.failures)
	return e
}

// Event counts one; it is what checkout.Deps.OnEvent wants.
func (e *Events) Event(_ context.Context, event checkout.Event) {
	switch event.Kind {
	case checkout.EventSettled:
		e.settled.WithLabelValues(string(event.State)).Inc()
	case checkout.EventParked:
		e.parked.Inc()
	case checkout.EventTurned:
		e.turned.WithLabelValues(event.Step).Inc()
	case checkout.EventUnknown:
		e.unknown.WithLabelValues(event.Step).Inc()
	case checkout.EventLeftOpen:
		e.leftOpen.Inc()
	case checkout.EventReconciled:
		e.found.Inc()
	case checkout.EventContradicted:
		e.differ.WithLabelValues(string(event.State)).Inc()
	case checkout.EventReapplied:
		e.again.WithLabelValues(string(event.State)).Inc()
	case checkout.EventResolved:
		e.resolved.WithLabelValues(event.Step).Inc()
	case checkout.EventJournalFailed:
		e.failures.Inc()
	}
}
