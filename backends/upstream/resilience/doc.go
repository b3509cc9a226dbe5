// Package resilience decides how long a call to a service may take, how many there may be at once, how often one is tried, and which
// instance is left alone for a while. It is one part of the client chain, in positions that [Policies] makes, outermost first:
//
//	Deadline   min(own, what is left of the request); a panic below becomes an error
//	Bulkhead   bounded concurrency per service, with a bounded queue; waiting counts against the deadline
//	Retry      repeatable calls only, never past the deadline, within the shared [Budget]
//	Hedge      a second attempt at a read that is slow, within the same budget; not in the path when off
//	  (balance gives the attempt its instance)
//	Breaker    per instance; what it refuses, Retry takes elsewhere at once
//	Attempt    a time-out round the whole exchange, the bounded reading of the body included
//	  (http.Transport)
//
// Each is a [call.Position] over the next; Attempt is one over an [http.RoundTripper]. From Attempt upwards a response's body is in memory and
// complete: whoever drops a response leaks nothing, and a failed attempt gives its connection back.
// Streams (server-sent events, upgrades) are not for this chain.
//
// # What is repeated
//
// A call is repeated when the service has not done it or may do it again: package call knows ([call.Call.Repeatable]). An attempt is
// followed by another one when it ended in an error of the network (refused, reset, truncated, out of time), in 502, 503 or 504, or in
// an answer that [Deps.Retryable] says to be of that kind; not when the caller left, the answer was too large, nothing was sent
// ([call.ErrNotSent]), or something below panicked. What is not repeated is returned as it is: the last answer, even a 503, for its body
// may say more than an error of ours could. net/http repeats requests on its own; Attempt sees to it that it does so only where we would.
//
// # Built on failsafe-go
//
// The bulkhead, the retry loop, the hedge and the breaker's window and states are the core policies of failsafe-go, run round
// functions that also read the body. Ours is what the library leaves open or does differently:
//
//   - its budget bounds how many retries run at once, which is no bound on how many a service sees if they fail fast (all of them, see
//     [Budget]), and an empty one replaces the service's answer by an error: ours counts, and is asked before the wait;
//   - its executor costs 20 allocations: the first attempt of a call runs outside of it, and only a failed one enters it;
//   - its breaker has no way to give a permit back, so that a cancelled probe would be lost, ignores the growth of the delay when used
//     without executor, and counts late results of one state in the next: each of our breakers' periods is a library breaker of its own;
//   - a panic in a goroutine of its hedge would end the process: it is recovered there.
package resilience
