// Package discoverytest is the conformance suite of discovery.Provider. A provider's test makes a far side that speaks the real protocol,
// and hands both to Run.
//
//	Run ── Set, Fail, Hang ──> Far <── the protocol ── Provider ── update, failed ──> Run
package discoverytest

import (
	"testing"
	"testing/synctest"

	"tiffin/backends/upstream/discovery"
)

// Far is what a provider asks. Its methods are called from the test's goroutine and return when the next answer is the new one; they also
// end what the method called before them began.
type Far interface {
	// Set is the answer from now on, in this order and with these duplicates; nil is the proper answer that there are none. The endpoints
	// have an Addr with an IPv4 address and the port 8100, and nothing else.
	Set(set []discovery.Endpoint)
	// Fail makes it answer nothing useful from now on, soon.
	Fail()
	// Requests says how many exchanges there have been: HTTP requests, DNS queries, readings of a file.
	Requests() int
}

// Hanger is a Far that can take requests without answering.
type Hanger interface{ Hang() }

// Suite says how a provider is tested.
type Suite struct {
	// Open returns a Provider, not watched yet, and its far side, whose answer is first. What it starts it ends by t.Cleanup.
	Open func(t *testing.T, first []discovery.Endpoint) (discovery.Provider, Far)
	// Real says that Open's far side needs real time (sockets, the operating system's notifications); else all of a test, Open too, runs in
	// a synctest bubble. Tests of what does not happen need the bubble.
	Real bool
	// Fixed says that the far side never changes: Open returns no Far.
	Fixed bool
	// PerSession is how many requests one session takes at most [1].
	PerSession int
}

// Run runs every test of the suite that applies.
func Run(t *testing.T, s Suite) {
	s.PerSession = max(1, s.PerSession)
	for _, c := range []struct {
		name    string
		test    func(t *testing.T, s Suite)
		applies bool
	}{
		{"first set", firstSet, true},
		{"cancel", cancel, true},
		{"cancelled before", cancelledBefore, true},
		{"duplicates and order", duplicatesAndOrder, !s.Fixed},
		{"change", change, !s.Fixed},
		{"failure keeps the last good set", failure, !s.Fixed},
		{"empty answer is a failure", empty, !s.Fixed},
		{"down at first", downAtFirst, !s.Fixed},
		{"recovery with the same set", sameAgain, !s.Fixed},
		{"cancel while failing", cancelWhileFailing, !s.Fixed},
		{"an unchanged answer is no news", unchanged, !s.Fixed && !s.Real},
		{"no busy loop", busy, !s.Fixed && !s.Real},
		{"hanging far side", hanging, !s.Fixed && !s.Real},
	} {
		if !c.applies {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if s.Real {
				c.test(t, s)
				return
			}
			synctest.Test(t, func(t *testing.T) { c.test(t, s) })
		})
	}
}

// Endpoints makes a set of the hosts' addresses, as Far.Set takes them.
func Endpoints(hosts ...string) []discovery.Endpoint {
	set := make([]discovery.Endpoint, 0, len(hosts))
	for _, host := range hosts {
		set = append(set, discovery.Endpoint{Addr: host + ":8100"})
	}
	return set
}
