package transport

import (
	"context"
	"net/http"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/fault"
	"tiffin/gateway/operation"
)

// Gate is a position between authorize and execute: it admits an operation that the caller may have, or refuses it. What the client is
// to know in either case it sets in the answer's header.
type Gate func(ctx context.Context, op *graphql.OperationContext, answer http.Header) (Admitted, *fault.Error)

// Admitted is an operation to the Gate that admitted it.
type Admitted interface {
	// Settle tells what became of it, once. ctx is that of Gate.
	Settle(ctx context.Context, o Outcome)
}

// Outcome is what became of an operation that a Gate admitted.
type Outcome struct {
	// Executed is false where a later Gate refused it.
	Executed bool
	// Header is the answer's, with what resolvers set; it can still be changed.
	Header http.Header
	// Cost is what the operation cost; Measured says whether that is known.
	Cost     operation.Cost
	Measured bool
}

// fewGates is how many gates need no memory of their own for what they admitted.
const fewGates = 4

// admit asks the gates in turn, and adds to passed what each admitted. Where one refuses, those before it are told.
func (h *HTTP) admit(ctx context.Context, op *graphql.OperationContext, answer http.Header, passed []Admitted) ([]Admitted, *fault.Error) {
	for _, gate := range h.gates {
		admitted, refused := gate(ctx, op, answer)
		if refused != nil {
			settle(ctx, passed, Outcome{Header: answer})
			return nil, refused
		}
		passed = append(passed, admitted)
	}
	return passed, nil
}

// settle goes from the inside out.
func settle(ctx context.Context, passed []Admitted, o Outcome) {
	for _, admitted := range slices.Backward(passed) {
		admitted.Settle(ctx, o)
	}
}
