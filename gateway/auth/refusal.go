package auth

import (
	"errors"
	"time"

	"tiffin/fault"
)

// refusal is why a credential is not good, in words of our own, so that nothing of the credential can reach an answer or a log.
type refusal string

func (r refusal) Error() string { return "credential refused: " + string(r) }

// The reasons.
const (
	refusedSeveral refusal = "more than one"

	refusedScheme   refusal = "not a single bearer credential"
	refusedSize     refusal = "token longer than 8 KiB"
	refusedForm     refusal = "no compact JWS by an algorithm that is accepted, and no opaque token that somebody could be asked about"
	refusedType     refusal = "the token's type is not that of an access token"
	refusedIssuer   refusal = "unknown issuer"
	refusedKey      refusal = "unknown key id"
	refusedProof    refusal = "signature, issuer or audience do not verify"
	refusedClaims   refusal = "a claim is missing or has the wrong type"
	refusedBound    refusal = "the token is bound to a key that a bearer does not prove to have"
	refusedEarly    refusal = "the token is not valid yet"
	refusedExpired  refusal = "the token has expired"
	refusedInactive refusal = "the issuer says that the token is not active"
	refusedQuestion refusal = "the issuer does not take it for a token (status 400 from its introspection endpoint)"

	refusedAPIKey        refusal = "unknown API key"         //nolint:gosec // a reason, no key
	refusedAPIKeyExpired refusal = "the API key has expired" //nolint:gosec // a reason, no key

	refusedCertificate        refusal = "the certificate is no client's that is known, or that of several"
	refusedCertificateExpired refusal = "the certificate has expired"
)

// The challenges (RFC 9110, section 11.6.1; RFC 6750, section 3).
const (
	challengeToken   = `Bearer realm="graphql", error="invalid_token"` //nolint:gosec // a header, no credential
	challengeRequest = `Bearer realm="graphql", error="invalid_request"`
	challengeAny     = `Bearer realm="graphql"`
	challengeAPIKey  = `ApiKey realm="graphql"` //nolint:gosec // a header, no credential
)

// present is the fault that the client is told, and the challenge that goes with it.
func present(err error) (shown *fault.Error, challenge string) {
	var why refusal
	if !errors.As(err, &why) {
		return &fault.Error{
			Code: fault.ServiceUnavailable, Message: "The access token cannot be checked right now.",
			Retryable: true, RetryAfter: retryAfter, Cause: err,
		}, ""
	}
	code, message := fault.Unauthenticated, "The access token is not valid."
	challenge = challengeToken
	switch why {
	case refusedSeveral:
		code, message, challenge = fault.BadRequest, "Send one credential: an access token, an API key or a client certificate.", challengeRequest
	case refusedExpired:
		message = "The access token has expired."
	case refusedAPIKey:
		message, challenge = "The API key is not valid.", challengeAPIKey
	case refusedAPIKeyExpired:
		message, challenge = "The API key has expired.", challengeAPIKey
	case refusedCertificate:
		message, challenge = "The client certificate is not one that is known here.", challengeAny
	case refusedCertificateExpired:
		message, challenge = "The client certificate has expired.", challengeAny
	default: // the token's
	}
	return &fault.Error{Code: code, Message: message, Cause: err}, challenge
}

// retryAfter is when a failed fetch of keys is tried again, and when a client should.
const retryAfter = time.Second
