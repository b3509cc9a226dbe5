// Package credential is what a service is told of who asks. Nothing is, unless it is listed.
//
//	Forward ─ above the cache: headers of the client's request by list, and its access token, for they can make answers differ
//	Attach  ─ below the cache and the deadline: a token of this gateway's own (RFC 6749, section 4.4), or one that stands for the caller
//	          (RFC 8693). A hit needs none, and a token endpoint that is away is a call that failed
//
// Tokens are fetched when first needed, one fetch at a time, and kept until shortly before they end. One that the service refuses with 401 is
// dropped and fetched anew once, unless it is so new that this would not help: a service that refuses every token is no load on who gives
// them out.
package credential
