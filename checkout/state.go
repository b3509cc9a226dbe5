package checkout

// State is where the placing of an order has got to. The names of those that are persisted are part of the journal's rows.
type State string

// The states. From Started to Confirmed an order goes forward, from Cancelling to Cancelled it is undone.
const (
	Started          State = "STARTED"
	Ordered          State = "ORDERED"
	Reserved         State = "RESERVED"
	AwaitingCustomer State = "AWAITING_CUSTOMER"
	Authorized       State = "AUTHORIZED"
	Capturing        State = "CAPTURING"
	Captured         State = "CAPTURED"
	Confirmed        State = "CONFIRMED"

	Cancelling State = "CANCELLING"
	Undriven   State = "UNDRIVEN"
	Voided     State = "VOIDED"
	Released   State = "RELEASED"
	Cancelled  State = "CANCELLED"
)

// terminal reports whether the order is settled for good.
func (s State) terminal() bool { return s == Confirmed || s == Cancelled }

// step is a row of the state machine: from a state, by one call to one service, to the next state.
type step struct {
	from State
	name string
	call call
	to   State
	// doubt says what becomes of an order when the service does not say yes.
	doubt doubt
	// written says that the journal must hold the state before the next call is made.
	written written
}

type (
	doubt   int
	written bool
)

const (
	// turns: before the pivot. A refusal, or too long without a definite answer, turns the order to Cancelling.
	turns doubt = iota
	// pivots: only a refusal turns it, for it proves that no money moved; without an answer, the same call again.
	pivots
	// onward: nothing turns it any more; the same call again until it succeeds.
	onward

	kept       written = true
	remembered written = false // can be had again under the same key
)

// machine is the whole state machine. Decisions are persisted before they are acted on; an answer that can be had again under the
// same key is only remembered.
//
// The place and the delivery quote are read before the first row (ADR 0002). Capture comes last but one: a driver who cannot be found
// costs a void, never a refund. AwaitingCustomer is where the order stops until the customer has done what the bank wants; it is
// reached from Reserved instead of Authorized.
//
// The way back undoes everything by reference, whether or not it was done: a service that declares tombstones refuses a forward call
// that arrives late, so the call in doubt needs no resolving of its own. (Services without tombstones are the work of the issue that
// makes the journal durable.)
func (s *saga) machine() []step {
	return []step{
		{Started, "order", s.createOrder, Ordered, turns, remembered},
		{Ordered, "reserve", s.reserveStock, Reserved, turns, remembered},
		{Reserved, "authorize", s.authorizePayment, Authorized, turns, kept},
		{AwaitingCustomer, "inquire", s.inquirePayment, Authorized, turns, kept},
		{Authorized, "driver", s.assignDriver, Capturing, turns, kept},
		{Capturing, "capture", s.capturePayment, Captured, pivots, remembered}, // the pivot
		{Captured, "confirm", s.confirmOrder, Confirmed, onward, kept},

		{Cancelling, "driver-undo", s.cancelDriver, Undriven, onward, remembered},
		{Undriven, "void", s.voidPayment, Voided, onward, remembered},
		{Voided, "release", s.releaseStock, Released, onward, remembered},
		{Released, "order-undo", s.cancelOrder, Cancelled, onward, kept},
	}
}
