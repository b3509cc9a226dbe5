package stage

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Kind is what a fault does.
type Kind string

// The kinds of fault. Those without effect leave the service's state as it was; under the others the request is carried out.
const (
	// Down: no connection to the instance can be used; open ones are cut, new ones closed at once. Rate counts connections.
	Down Kind = "down"
	// Latency: the answer comes ms later than it would.
	Latency Kind = "latency"
	// Status: that status with a text body, without effect.
	Status Kind = "status"
	// Reset: the connection is reset (TCP RST) once the request was read, without effect.
	Reset Kind = "reset"
	// LostAnswer: the request is carried out, then the connection is closed without a byte of the answer.
	LostAnswer Kind = "lost_answer"
	// Truncate: the request is carried out; the answer says its full Content-Length and has half of the body.
	Truncate Kind = "truncate"
	// Garbage: the request is carried out; the answer is 200 with bytes that are neither JSON nor XML.
	Garbage Kind = "garbage"
	// Late: the connection is closed without an answer, and the request is carried out ms later: after it was undone, perhaps.
	Late Kind = "late"
	// XMLFault: payments only: a system fault, marked retryable, under 200, without effect.
	XMLFault Kind = "xml_fault"
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Down, Latency, Status, Reset, LostAnswer, Truncate, Garbage, Late, XMLFault}
}

// Bounds of a fault's numbers.
const (
	maxDelay  = 10 * time.Minute
	minStatus = 400
	maxStatus = 599
	maxFaults = 100
)

// xmlService is the one service that speaks XML.
const xmlService = "payments"

// Fault is one thing that goes wrong, until it is cleared.
type Fault struct {
	// ID is given by [Faults.Add].
	ID      string `json:"id"`
	Service string `json:"service"`
	// Instance counts from 0; nil is all instances of the service.
	Instance *int `json:"instance,omitempty"`
	Kind     Kind `json:"kind"`
	// Rate is the share of requests (of connections for [Down]) that it hits: above 0, up to 1.
	Rate float64 `json:"rate"`
	// MS is the delay of [Latency] and [Late] in milliseconds; other kinds ignore it.
	MS int `json:"ms,omitzero"`
	// Status is the answer of [Status]; 0 is 503. Other kinds ignore it.
	Status int `json:"status,omitzero"`
}

// InvalidFault says which member of a fault is wrong and what is allowed.
type InvalidFault struct{ Member, Allowed string }

func (e *InvalidFault) Error() string { return e.Member + " must be " + e.Allowed }

// check reports the first member that is wrong. instances is how many each known service has.
func (f Fault) check(instances map[string]int) error {
	count, known := instances[f.Service]
	switch {
	case !known:
		return &InvalidFault{"service", fmt.Sprintf("one of %v", slices.Sorted(maps.Keys(instances)))}
	case f.Instance != nil && (*f.Instance < 0 || *f.Instance >= count):
		return &InvalidFault{"instance", fmt.Sprintf("0 to %d for %s, or left out for all", count-1, f.Service)}
	case !slices.Contains(Kinds(), f.Kind):
		return &InvalidFault{"kind", fmt.Sprintf("one of %v", Kinds())}
	case f.Kind == XMLFault && f.Service != xmlService:
		return &InvalidFault{"kind", "xml_fault for " + xmlService + " only"}
	case !(f.Rate > 0 && f.Rate <= 1): // also NaN
		return &InvalidFault{"rate", "above 0 and at most 1"}
	}
	return f.checkNumbers()
}

func (f Fault) checkNumbers() error {
	delay := time.Duration(f.MS) * time.Millisecond
	switch {
	case f.MS < 0 || f.MS > int(maxDelay.Milliseconds()):
		return &InvalidFault{"ms", fmt.Sprintf("0 to %d", maxDelay.Milliseconds())}
	case (f.Kind == Latency || f.Kind == Late) && delay == 0:
		return &InvalidFault{"ms", "above 0 for " + string(f.Kind)}
	case f.Status != 0 && (f.Status < minStatus || f.Status > maxStatus):
		return &InvalidFault{"status", fmt.Sprintf("%d to %d", minStatus, maxStatus)}
	}
	return nil
}

func (f Fault) matches(service string, instance int) bool {
	return f.Service == service && (f.Instance == nil || *f.Instance == instance)
}

// status is what a [Status] fault answers.
func (f Fault) status() int {
	if f.Status == 0 {
		return http.StatusServiceUnavailable
	}
	return f.Status
}
