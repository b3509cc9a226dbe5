package xmlapi

import (
	"errors"
	"fmt"
)

var errFault = errors.New("a Fault without a code, or whose Retryable is neither true nor false")

// Fault is the service's own report that it did not do what was asked:
//
//	<Fault xmlns="(the namespace of the answer)"><Code>…</Code><Text>…</Text><Retryable>true</Retryable></Fault>
//
// It is found by errors.As in what [Client.Call] returns. Which codes are definite refusals is the contract's business, not this
// package's.
type Fault struct {
	Service string
	// Code is the contract's word.
	Code string
	// Text is for the log only.
	Text string
	// Retryable says that a repeat can help, and so that the service does not know what became of the request.
	Retryable bool
}

func (f *Fault) Error() string {
	return fmt.Sprintf("%s answered fault %s: %s (retryable: %t)", f.Service, f.Code, f.Text, f.Retryable)
}

// faultDocument is a Fault on the wire. Its namespace is that of the answer in whose place it stands.
type faultDocument struct {
	Code      Token
	Text      *string
	Retryable Token
}

const faultName = "Fault"

// fault returns a *Fault, or an error that says why the document is none.
func (d *faultDocument) fault() error {
	retryable, ok := d.Retryable.Boolean()
	if !ok || d.Code == "" {
		return errFault
	}
	reported := &Fault{Code: string(d.Code), Retryable: retryable}
	if d.Text != nil {
		reported.Text = *d.Text
	}
	return reported
}
