// Package stage is what all simulated services share: one instance's latency, faults and call counts round the handler that all
// instances of a service have in common, the idempotency of writes, and strict JSON with problem documents (RFC 9457).
//
//	Faults.Listen   a listener whose connections a "down" fault cuts
//	Instance        GET /health, calls, latency, faults
//	Keys.Once       Idempotency-Key
//	ReadJSON …      the service's own handlers
//
// Every wait is a timer bound to a context, so that testing/synctest can move its clock.
package stage
