package operation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/fault"
	"tiffin/gateway/answer"
)

// present is gqlgen's error presenter: the one place where a field's error becomes what a client sees. The error itself stays in Err
// for the log.
func present(ctx context.Context, err error) *gqlerror.Error {
	if err == nil {
		return nil
	}
	shown := answer.Error(ctx, classify(ctx, err))
	shown.Err, shown.Path = err, graphql.GetPath(ctx)
	if at, ok := errors.AsType[*gqlerror.Error](err); ok {
		shown.Path, shown.Locations = at.Path, at.Locations
	}
	if argumentRefused(ctx) {
		shown.Path = graphql.GetFieldContext(ctx).Path() // the field is null, and its arguments are no part of the answer
	}
	return shown
}

// classify finds the fault in err, or the one that stands for it. A text that nobody has called safe is not shown.
func classify(ctx context.Context, err error) *fault.Error {
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return &fault.Error{Code: fault.Timeout, Message: "The operation's time was used up.", Retryable: true}
	case errors.Is(err, context.Canceled):
		return &fault.Error{Code: fault.Timeout, Message: "The request was cancelled.", Retryable: true}
	case argumentRefused(ctx):
		return fault.New(fault.BadUserInput, "%s", argumentMessage(ctx, err))
	default:
		return fault.New(fault.Internal, "Internal error.")
	}
}

// argumentRefused reports whether the error is a scalar's or an enum's, about the value of an argument: gqlgen has not got to the
// resolver then, so there are no arguments yet.
func argumentRefused(ctx context.Context) bool {
	field := graphql.GetFieldContext(ctx)
	return field != nil && field.Args == nil && field.Field.Field != nil && len(field.Field.Arguments) > 0
}

// argumentMessage says which value is refused, as a path below the field's arguments, and why.
func argumentMessage(ctx context.Context, err error) string {
	at, ok := errors.AsType[*gqlerror.Error](err)
	if !ok {
		return err.Error()
	}
	field := graphql.GetFieldContext(ctx).Path()
	if len(at.Path) <= len(field) {
		return at.Message
	}
	return at.Path[len(field):].String() + ": " + at.Message
}

// panicked is the cause of an Internal fault that was a panic.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// recovered is gqlgen's recover function.
func (p *Pipeline) recovered(_ context.Context, value any) error {
	p.panics.Add(1)
	return &fault.Error{Code: fault.Internal, Message: "Internal error.", Cause: &panicked{value: value, stack: debug.Stack()}}
}

// Panics counts the panics of resolvers since the start.
func (p *Pipeline) Panics() uint64 { return p.panics.Load() }
