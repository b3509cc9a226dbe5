// Package auth decides who asks, and what the document alone says about what they may.
//
//	Authenticate     the chain's position: the request's one credential → identity.Principal in the context
//	Verifier         the credential → Principal
//	  findings       tokens that were good, by fingerprint, for a while
//	  issuer         one issuer's rules for JWTs (RFC 6750, RFC 9068): audience, pinned algorithms, clock
//	    keySet       its keys: fetched in the background, kept when the issuer is away
//	  introspector   or its answers about opaque tokens (RFC 7662)
//	  apiKeys        keys of this gateway's own, by their hash
//	  certificates   clients by the alternative name of their certificate
//	Decide           root fields of an operation → refusals, before anything is executed
//	Authenticated,
//	RequiresScopes   the same decision as directives, field by field
//
// Somebody without a credential is anonymous and passes; a credential that does not prove itself never does.
package auth
