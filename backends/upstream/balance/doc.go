// Package balance decides which instance of a service gets an attempt.
//
//	discovery ── Update ──▶ Set ──▶ snapshot ──▶ Position ── next position (breaker, attempt, …)
//	health ─── Eject, SetDown ─┘  (immutable, behind an   │
//	   ▲                           atomic pointer)        │
//	   └────────────── Observe(instance, outcome) ────────┘
//
// A [Set] is what is known: the endpoints that discovery last told, the [Instance] of each with its load, and its health. From that a
// pure function makes a plan, who may be picked and with which weight, and the policy makes a [Picker] of each group of the plan; both
// together are a snapshot. A pick reads the snapshot and atomics, takes no lock and allocates nothing. A snapshot knows until when it
// holds, the end of the next ejection or the next step of a slow start: the first pick after that replaces it, so nothing here needs a
// goroutine or a timer.
//
// Who is picked, in this order
//
//  1. healthy instances that this call has not tried, those of the own zone before others (see [Config.Zone]);
//  2. those that are draining, if no other is left;
//  3. instances that the call has tried: a second attempt at the only instance is better than none;
//  4. whoever is known, healthy or not, when fewer than [Config.PanicThreshold] are healthy: then our idea of health is the likelier
//     mistake, and the few would drown in the work of all (panic mode).
//
// An instance that left the set is never picked again.
package balance
