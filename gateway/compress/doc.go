// Package compress compresses answers, by what the client takes (RFC 9110, section 12.5.3).
//
//	Negotiate   Accept-Encoding → zstd, gzip or nothing
//	Handler     an answer whose length is known when it begins → the same, shorter
//
// An answer that is made piece by piece, such as a stream of events, has no length when it begins and passes as it is: each piece reaches the
// client when it is written.
package compress
