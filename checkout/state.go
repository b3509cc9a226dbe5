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

// The states of calling a confirmed order off, from Started; it ends Cancelled, or Refused with the order as it was.
const (
	Recalled State = "RECALLED"
	Owing    State = "OWING"
	Refunded State = "REFUNDED"
	Refused  State = "REFUSED"
)

// terminal reports whether the row is settled for good.
func (s State) terminal() bool { return s == Confirmed || s == Cancelled || s == Refused }

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
	// looksAgain: a refusal says that what the step was decided by has changed: back to the step before, with a new key.
	looksAgain

	kept       written = true
	remembered written = false // can be had again under the same key
)

// steps are those of the row's kind.
func (s *saga) steps() []step {
	if s.row.Kind == kindCancel {
		return s.callingOff()
	}
	return s.machine()
}

// machine is the whole state machine of placing an order. Decisions are persisted before they are acted on; an answer that can be had again under the
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

// callingOff is the state machine of cancelOrder. The order service decides, and decides first: a recall marks the order as cancelling
// under this row's name, or is refused because the kitchen has started, before any money moves. It is the pivot: once it is granted, the
// kitchen will not start, nobody else can call the order off, and the only way is forward, so that money and state cannot disagree. A
// recall in doubt is asked again until it is definite: to give up would leave an order that nobody cooks and somebody has paid.
//
// Then comes the money, because it is what the customer waits for: how much is owed is asked and persisted, and all of it given back.
// Since all that is left is given back at once, a second refund would exceed the capture: the service refuses it, which sends us back
// to look how much is owed now. The order is cancelled last: until then the order service tells everybody that it is cancelling.
func (s *saga) callingOff() []step {
	return []step{
		{Started, "recall", s.recallOrder, Recalled, pivots, kept}, // the pivot
		{Recalled, "owed", s.askOwed, Owing, onward, kept},
		{Owing, "refund", s.refundPayment, Refunded, looksAgain, kept},

		{Refunded, "driver-undo", s.cancelDriver, Undriven, onward, remembered},
		{Undriven, "release", s.releaseStock, Released, onward, remembered},
		{Released, "order-undo", s.cancelOrder, Cancelled, onward, kept},
	}
}
