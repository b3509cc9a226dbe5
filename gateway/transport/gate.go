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
// to know in either case it sets in the answer's header. done, nil where there is nothing to do, is called once where it was admitted.
type Gate func(ctx context.Context, op *graphql.OperationContext, answer http.Header) (done func(Outcome), refused *fault.Error)

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

// admit asks the gates in turn. Where one refuses, those before it are told.
func (h *HTTP) admit(ctx context.Context, op *graphql.OperationContext, answer http.Header) (passed []func(Outcome), refused *fault.Error) {
	passed = make([]func(Outcome), 0, len(h.gates))
	for _, gate := range h.gates {
		done, refused := gate(ctx, op, answer)
		if refused != nil {
			tell(passed, Outcome{Header: answer})
			return nil, refused
		}
		if done != nil {
			passed = append(passed, done)
		}
	}
	return passed, nil
}

// tell goes from the inside out.
func tell(passed []func(Outcome), o Outcome) {
	for _, done := range slices.Backward(passed) {
		done(o)
	}
}
