package auth

import (
	"errors"
	"time"

	"tiffin/fault"
)

// refusal is why a token is not good, in words of our own, so that nothing of the token can reach an answer or a log.
type refusal string

func (r refusal) Error() string { return "token refused: " + string(r) }

// The reasons.
const (
	refusedScheme  refusal = "not a single bearer credential"
	refusedSize    refusal = "longer than 8 KiB"
	refusedForm    refusal = "no compact JWS by an algorithm that is accepted"
	refusedType    refusal = "typ is not at+jwt"
	refusedIssuer  refusal = "unknown issuer"
	refusedKey     refusal = "unknown key id"
	refusedProof   refusal = "signature, issuer or audience do not verify"
	refusedClaims  refusal = "a claim is missing or has the wrong type"
	refusedEarly   refusal = "not valid yet"
	refusedExpired refusal = "expired"
)

// present is the fault that the client of a token that did not pass is told.
func present(err error) *fault.Error {
	var why refusal
	switch {
	case !errors.As(err, &why):
		return &fault.Error{
			Code: fault.ServiceUnavailable, Message: "The access token cannot be checked right now.",
			Retryable: true, RetryAfter: retryAfter, Cause: err,
		}
	case why == refusedExpired:
		return &fault.Error{Code: fault.Unauthenticated, Message: "The access token has expired.", Cause: err}
	default:
		return &fault.Error{Code: fault.Unauthenticated, Message: "The access token is not valid.", Cause: err}
	}
}

// retryAfter is when a failed fetch of keys is tried again, and when a client should.
const retryAfter = time.Second
