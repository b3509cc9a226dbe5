package checkout

import (
	"tiffin/backends/delivery"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
)

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
	Unpaid     State = "UNPAID"
	Undriven   State = "UNDRIVEN"
	Voided     State = "VOIDED"
	Released   State = "RELEASED"
	Undone     State = "UNDONE"
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
	// service is who is called, and effect what a second call would do.
	service string
	effect  effect
	call    call
	to      State
	// doubt says what becomes of an order when the service does not say yes.
	doubt doubt
	// written says that the journal must hold the state before the next call is made.
	written written
	// look finds out whether the call took effect; nil where nobody needs to know.
	look look
	// undoes: the step takes back what the service did for the order.
	undoes bool
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
)

const (
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
// An order that turned may be one that was captured before: its journal was lost or is an old one, and whoever asked again began it anew.
// A refusal proves nothing then, for a service may refuse today what it granted yesterday. So the way back begins with a look at the
// payment; where it was captured the way is forward, as from the pivot.
//
// Then everything is undone by reference, whether or not it was done. The call in doubt needs no resolving of its own: a service
// that leaves tombstones refuses one that arrives late, and of one that does not settle waits until none can arrive any more.
func (s *saga) machine() []step {
	const order, stock, money, driver = orders.Service, inventory.Service, payments.Service, delivery.Service
	return []step{
		{Started, "order", order, byReference, s.createOrder, Ordered, turns, remembered, s.lookForOrder, false},
		{Ordered, "reserve", stock, byReference, s.reserveStock, Reserved, turns, remembered, s.lookForStock, false},
		{Reserved, "authorize", money, pays, s.authorizePayment, Authorized, turns, kept, s.lookForAuthorization, false},
		{AwaitingCustomer, "inquire", money, reads, s.inquirePayment, Authorized, turns, kept, nil, false},
		{Authorized, "driver", driver, byReference, s.assignDriver, Capturing, turns, kept, s.lookForDriver, false},
		{Capturing, "capture", money, pays, s.capturePayment, Captured, pivots, remembered, s.lookForCapture, false}, // the pivot
		{Captured, "confirm", order, byReference, s.confirmOrder, Confirmed, onward, kept, nil, false},

		{Cancelling, "paid", money, reads, s.lookForPayment, Unpaid, onward, remembered, nil, false},
		{Unpaid, "driver-undo", driver, byReference, s.cancelDriver, Undriven, onward, remembered, nil, true},
		{Undriven, "void", money, byReference, s.voidPayment, Voided, onward, remembered, nil, true},
		{Voided, "release", stock, byReference, s.releaseStock, Released, onward, remembered, nil, true},
		{Released, "order-undo", order, byReference, s.cancelOrder, Undone, onward, remembered, nil, true},
		{Undone, "settle", "", reads, s.settle, Cancelled, onward, kept, nil, false},
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
	const order, stock, money, driver = orders.Service, inventory.Service, payments.Service, delivery.Service
	return []step{
		{Started, "recall", order, byReference, s.recallOrder, Recalled, pivots, kept, nil, false}, // the pivot
		{Recalled, "owed", money, reads, s.askOwed, Owing, onward, kept, nil, false},
		{Owing, "refund", money, byReference, s.refundPayment, Refunded, looksAgain, kept, nil, false},

		{Refunded, "driver-undo", driver, byReference, s.cancelDriver, Undriven, onward, remembered, nil, true},
		{Undriven, "release", stock, byReference, s.releaseStock, Released, onward, remembered, nil, true},
		{Released, "order-undo", order, byReference, s.cancelOrder, Cancelled, onward, kept, nil, true},
	}
}
