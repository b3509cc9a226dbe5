// Package transport is GraphQL over HTTP (specification draft of August 2026): one request, one response, POST with JSON and GET for
// queries. Streams will be transports of their own beside it.
//
//	method → media types → parameters    405, 406, 415, 413, 400
//	Prepare → Authorize                  package operation
//	gates                                429, 503: packages ratelimit and shed
//	Execute                              package operation
//	status → headers → body              package answer
package transport
