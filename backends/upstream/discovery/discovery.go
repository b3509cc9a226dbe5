// Package discovery knows where the instances of a service are. It says what an instance and a provider of instances are; each provider
// is a package below this one, and discoverytest is the suite that all of them pass.
//
//	upstream's url ── ParseTarget ──┬── scheme, base path, server name: how the instances are spoken to
//	                                └── URL ── <provider>.Parse ── Config ── New ── Watch ── update([]Endpoint)
//
// A provider is a Session with its far side, and Follow is the loop round it: it passes on sets that have changed, tells failures, and
// waits between sessions. Nothing in here opens a connection to an instance.
package discovery

import "context"

// MaxEndpoints bounds a set. A larger one is a failure: nobody balances over so many from one gateway, so it is a mistake at the far side.
const MaxEndpoints = 4096

// Endpoint is an instance as a provider knows it. It is comparable; Addr is its identity within a set.
type Endpoint struct {
	// Addr is "host:port", the host mostly an IP address, IPv6 in brackets.
	Addr string
	// Zone is where it runs, in the provider's words; empty if the provider does not know.
	Zone string
	// Weight is its share relative to the others; 0 is 1. Providers report at least 1.
	Weight int
	// Draining says that it still serves but is about to end: to be used only if nothing else is left.
	Draining bool
}

// Provider knows a service's instances.
type Provider interface {
	// Watch calls update with the full set at first and after each change, from one goroutine, until ctx ends; then it returns nil. A set
	// is not empty, is as Normalize leaves it, and is the callee's to keep.
	//
	// A failure is told by failed, with an error for the operator that says what to do where that is known, and retried by the provider
	// itself with jittered back-off, bounded in both directions. An empty answer is a failure: it wraps ErrEmpty. The caller keeps the last
	// good set. The first good answer after a failure calls update even where the set is the same as before, so that the caller sees the
	// recovery.
	//
	// Watch returns an error only for what can never work; no callback follows its return. It is called once.
	Watch(ctx context.Context, update func([]Endpoint), failed func(error)) error
}
