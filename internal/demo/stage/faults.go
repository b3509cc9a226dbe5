package stage

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// faultSeed makes the throws of fault rates the same at each start.
const faultSeed = 0x7461_7474

// ErrTooManyFaults is returned by [Faults.Add] when as many faults are set as the board holds.
var ErrTooManyFaults = errors.New("100 faults are set already; clear them first")

// Faults are the faults that are set now, for all services. Safe for concurrent use.
type Faults struct {
	instances map[string]int
	dice      *dice

	mu    sync.Mutex
	made  int
	set   []Fault
	gates []*gate
}

// NewFaults returns an empty board for services with so many instances each.
func NewFaults(instances map[string]int) *Faults {
	return &Faults{instances: maps.Clone(instances), dice: newDice(faultSeed, 0)}
}

// Add sets a fault from now on and returns its id. A [Down] fault cuts the open connections before Add returns. Errors:
// [*InvalidFault], [ErrTooManyFaults].
func (f *Faults) Add(fault Fault) (id string, err error) {
	if err := fault.check(f.instances); err != nil {
		return "", err
	}
	id, gates, err := f.add(fault)
	if err == nil && fault.Kind == Down {
		f.cut(fault, gates)
	}
	return id, err
}

func (f *Faults) add(fault Fault) (id string, gates []*gate, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.set) >= maxFaults {
		return "", nil, ErrTooManyFaults
	}
	f.made++
	fault.ID = "flt_" + strconv.Itoa(f.made)
	f.set = append(f.set, fault)
	return fault.ID, slices.Clone(f.gates), nil
}

func (f *Faults) cut(fault Fault, gates []*gate) {
	for _, g := range gates {
		if fault.matches(g.service, g.instance) {
			g.cut(func() bool { return f.hits(fault) })
		}
	}
}

// List returns the faults that are set, oldest first.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.set)
}

// Clear takes all faults back.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set = nil
}

// down throws for one new connection to the instance.
func (f *Faults) down(service string, instance int) bool {
	for fault := range f.matching(service, instance) {
		if fault.Kind == Down && f.hits(fault) {
			return true
		}
	}
	return false
}

// plan is what happens to one request.
type plan struct {
	delay time.Duration
	// fault is the first one that hits, other than Down and Latency; its Kind is empty where none does.
	fault Fault
}

// plan throws for one request to the instance. Delays add up.
func (f *Faults) plan(service string, instance int) plan {
	var p plan
	for fault := range f.matching(service, instance) {
		switch {
		case fault.Kind == Down || !f.hits(fault): // connections are the gate's
		case fault.Kind == Latency:
			p.delay += time.Duration(fault.MS) * time.Millisecond
		case p.fault.Kind == "":
			p.fault = fault
		}
	}
	return p
}

func (f *Faults) matching(service string, instance int) iter.Seq[Fault] {
	return func(yield func(Fault) bool) {
		for _, fault := range f.List() {
			if fault.matches(service, instance) && !yield(fault) {
				return
			}
		}
	}
}

func (f *Faults) hits(fault Fault) bool { return fault.Rate >= 1 || f.dice.roll() < fault.Rate }
