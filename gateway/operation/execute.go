package operation

import (
	"cmp"
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/internal/scope"
)

// Execute runs the operation. Queries stop when ctx ends, mutations go on: what they have begun must not be left half done. Data of
// nil in the response means that there was no time to begin.
func (p *Pipeline) Execute(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	if op.Operation.Operation == ast.Mutation {
		ctx = context.WithoutCancel(ctx)
	}
	timed := scope.WithTimeout(ctx, p.cfg.Deadline) // each call to a service joins it
	defer timed.End()
	resp := p.respond(timed, op)
	p.required.Enforce(op.Operation, resp)
	p.log(timed, op, resp.Errors)
	return resp
}

var errNothing = errors.New("operation: the schema answered nothing")

// respond does what gqlgen's own executor does for an operation with one response, without its interceptors, which nobody here has: a
// context for the operation and its response, then what was noted there.
func (p *Pipeline) respond(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	ctx = graphql.WithResponseContext(graphql.WithOperationContext(ctx, op), present, p.recover)
	next := p.executable.Exec(ctx)
	if errs := graphql.GetErrors(ctx); errs != nil { // there is nothing to execute
		return &graphql.Response{Errors: errs}
	}
	if err := ctx.Err(); err != nil {
		return &graphql.Response{Errors: gqlerror.List{present(ctx, err)}}
	}
	if p.perResponse != nil {
		ctx = p.perResponse(ctx)
	}
	resp := next(ctx)
	if resp == nil {
		return &graphql.Response{Errors: gqlerror.List{present(ctx, cmp.Or(ctx.Err(), errNothing))}}
	}
	resp.Errors, resp.Extensions = append(resp.Errors, graphql.GetErrors(ctx)...), graphql.GetExtensions(ctx)
	return resp
}
