// Package drill loads a gateway with order pages while its services fail, and judges what came of it. It speaks HTTP only, so that the
// same drill runs in fake time on a network in memory (app's tests) and against real processes (make chaos).
//
//	Load ──▶ gateway ──▶ Tap ──▶ instances of the services ◀── faults ── board
//	                      │
//	                    Books   what was asked of whom, counted on the wire
package drill
