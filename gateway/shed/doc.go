// Package shed refuses work that the gateway has no room for, early and cheaply, so that what it takes it can finish.
//
//	Door         a hard cap on requests in flight, before anything is read
//	Admission    a cap on operations that are executed at once; what waits for a place is bounded, and goes by priority
//	room         how large that cap is, where it follows how long goroutines wait for a processor
//	Priorities   what an operation's priority is
//
// A refusal is OVERLOADED, and says when to come again: not everybody at the same time.
package shed
