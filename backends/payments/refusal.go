package payments

import (
	"errors"
	"slices"

	"tiffin/backends/xmlapi"
	"tiffin/fault"
)

// The codes of faults that are definite refusals, each of the operations that the client lists with it. Under any other operation the
// same code proves nothing.
const (
	codeVoided           = "VOIDED"
	codeNoAuthorization  = "NO_AUTHORIZATION"
	codeCaptureRefused   = "CAPTURE_REFUSED"
	codeAlreadyCaptured  = "ALREADY_CAPTURED"
	codeRefundExceeds    = "REFUND_EXCEEDS"
	codeUnknownReference = "UNKNOWN_REFERENCE"
)

// refusal makes a [fault.Refused] of a fault with one of the codes, and leaves all other errors as they are.
func refusal(err error, codes ...string) error {
	reported, ok := definite(err)
	if !ok || !slices.Contains(codes, reported.Code) {
		return err
	}
	return &fault.Refused{Service: Service, Reason: reported.Code, Detail: reported.Text}
}

// definite finds a fault in err's chain that the service does not want us to try again.
func definite(err error) (*xmlapi.Fault, bool) {
	var reported *xmlapi.Fault
	return reported, errors.As(err, &reported) && !reported.Retryable
}

// unknownReference: the service answered an inquiry that it never heard of the reference.
func unknownReference(err error) bool {
	reported, ok := definite(err)
	return ok && reported.Code == codeUnknownReference
}

// declined is the bank's no.
func declined(reason string) error {
	return &DeclinedError{&fault.Refused{Service: Service, Reason: "DECLINED", Detail: reason}}
}

// broken reports an answer that is well-formed and cannot be meant for our request. What became of the request is not known.
func broken(why string) error { return fault.Broken(Service, errors.New(why)) }
