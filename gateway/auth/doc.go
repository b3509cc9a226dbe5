// Package auth decides who asks, and what the document alone says about what they may.
//
//	Authenticate     the chain's position: Authorization header → identity.Principal in the context
//	Verifier         a bearer token → Principal (RFC 6750, RFC 9068), by one of several issuers
//	  issuer         one issuer's rules: audience, pinned algorithms, clock
//	    keySet       its keys: discovered and fetched when first needed, kept when the issuer is away
//	Decide           root fields of an operation → refusals, before anything is executed
//	Authenticated,
//	RequiresScopes   the same decision as directives, field by field
//
// Somebody without a credential is anonymous and passes; a credential that does not prove itself never does.
package auth
