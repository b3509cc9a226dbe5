package checkout

// Event is something that happened to an order.
type Event struct {
	Kind EventKind
	// SagaID names the order in the journal and in every service; empty where the event is about no single order.
	SagaID string
	// State is the one that the order was in, or has reached.
	State State
	// Step is the name of the step, as it stands in idempotency keys; empty where it is about none.
	Step string
	// Attempt counts the calls of the step, from 1.
	Attempt int
	// Err is the cause, for the log only.
	Err error
}

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	// EventUnknown: a call ended without a definite answer and will be made again.
	EventUnknown EventKind = "unknown"
	// EventTurned: the order will be undone.
	EventTurned EventKind = "turned"
	// EventParked: the order waits for its customer.
	EventParked EventKind = "parked"
	// EventSettled: the order is confirmed or cancelled.
	EventSettled EventKind = "settled"
	// EventLeftOpen: this process stopped driving the order before its end: it was fenced, is stopping, or cannot read the row.
	EventLeftOpen EventKind = "left_open"
	// EventReconciled: the services held an order that the journal did not know, and it was inserted.
	EventReconciled EventKind = "reconciled"
	// EventContradicted: the order service holds an order unsettled that the journal has settled, and Err says why a person must see to it.
	// Once for an order and a process.
	EventContradicted EventKind = "contradicted"
	// EventReapplied: it held one so, and was brought to the end that the journal has.
	EventReapplied EventKind = "reapplied"
	// EventResolved: an operator said what became of a step.
	EventResolved EventKind = "resolved"
	// EventJournalFailed: the journal did not answer, and will be asked again.
	EventJournalFailed EventKind = "journal_failed"
)
