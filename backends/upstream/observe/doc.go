// Package observe is telemetry at the network's seam: what becomes of the calls to a service, as metrics, spans, and parts of the request's
// log line, and what happens to its instances, as log lines and counters. Nothing below or above it needs to know.
//
//	Metrics ── the families of all services, registered once
//	Service ── one service's part of them, made once, so that a call looks nothing up
//	   ├─ Call            position: one duration, one span, one entry in the log line per call
//	   ├─ Try             below the last position: one duration, one span per attempt; its span's id is what the instance sees
//	   └─ Calls, Ejected, Discovered, …   the hooks of the other positions
//
// Labels have closed sets of values; an instance's address is in spans and in the log, never in a label here (package status, which reads
// the present set, names instances in metrics). docs/metrics.md lists the names.
//
// A nil [Service] is one that nobody watches: its positions are not in the path and its hooks do nothing.
package observe
