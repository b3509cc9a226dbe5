// Package health watches the instances of one service and tells the balancer whom to leave out.
//
//	                 ┌── Checker: asks each instance in turns, on connections of its own ── Set.SetDown
//	balance.Set ◀────┤
//	                 └── Outliers: hears how the attempts end, and compares ────────────── Set.Eject
//
// The two are independent: an instance is healthy if neither objects. [Checker] finds an instance that has stopped before a call does,
// and learns that it is back; it needs a path to ask, and is off without one. [Outliers] needs nothing but the traffic there is, and sees
// what a health endpoint does not: an instance that answers, but with failures. What it does is bounded: an ejection ends by itself, and
// at most half of the instances are out.
//
// Both start nothing: Run does their work until its context ends.
package health
