// Package crash shows that orders survive what happens to gateways and their database. It runs real processes: the simulated services,
// one or two gateways and, where a drill wants it, a PostgreSQL that its caller started. While customers place orders and insist on a
// verdict, gateways are killed, stopped past their lease and let go on, the database crashes, the journal's file is lost, and services
// lose answers. Then everything is counted.
//
//	customers ──▶ gateway(s) ──▶ services ◀── faults ── board
//	    │            │   ▲                                │
//	   book       journal └── injuries                  audit
//	    └───────────── verdict ────────────────────────────┘
//
//	drill.go      what a drill is, and its course    customer.go   who places an order, and how insistently
//	injury.go     what is done to gateways           book.go       what customers were told
//	fleet.go      the gateways                       verdict.go    what is right and what is not
//	world.go      the services                       report.go     the table
//	journal.go    the journal, seen from outside     offer.go      what is ordered
//	process.go    a process                          answer.go     what a gateway says
//	regret.go     calling an order off               releases.go    gateways of two releases
//	tenures.go    who drove which row                succession.go  what of it is right and what is not
//
// A drill that could not fail would show nothing: [Plan.Control] marks the one that has to.
package crash
